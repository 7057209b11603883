/* Looks a few times, ever more seldom, whether the account is open by now. */
(function () {
    "use strict";
    const PAUSES = [3, 6, 12, 24, 48, 96];
    const notice = document.querySelector(".notice.held");
    if (!notice) {
        return;
    }

    function take(text) {
        const page = new DOMParser().parseFromString(text, "text/html");
        const found = page.querySelector(".notice");
        if (found && !found.classList.contains("held")) {
            document.querySelector("h1").textContent = page.querySelector("h1").textContent;
            notice.className = found.className;
            notice.replaceChildren(...found.childNodes);
            return true;
        }
        return false;
    }

    function look(tries) {
        if (tries >= PAUSES.length) {
            return;
        }
        window.setTimeout(function () {
            window.fetch(window.location.href).then(function (answer) {
                return answer.ok ? answer.text() : "";
            }).then(take).catch(function () {
                return false;  /* The next time may do better. */
            }).then(function (isDone) {
                if (!isDone) {
                    look(tries + 1);
                }
            });
        }, PAUSES[tries] * 1000);
    }

    look(0);
})();
