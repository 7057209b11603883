/* Keys and fetching ahead for the review desk, which works without both. */
(function () {
    "use strict";
    const desk = document.querySelector("[data-ni-desk]");
    if (!desk) {
        return;
    }
    const STORE = "number_insight.keys";
    const form = document.getElementById("ni-decide");
    const chips = document.getElementById("ni-decide-chips");
    const words = document.getElementById("ni-decide-reason");
    const missing = desk.querySelector(".ni-missing");
    const off = desk.querySelector(".ni-keys-off");

    function stored() {
        try {
            return window.localStorage.getItem(STORE);
        } catch (error) {
            return null;
        }
    }

    function store(value) {
        try {
            window.localStorage.setItem(STORE, value);
        } catch (error) {
            /* Private windows have no store; the choice then lasts as long as the page. */
        }
    }

    function areOff() {
        return off ? off.checked : stored() === "off";
    }

    function show() {
        desk.classList.toggle("ni-with-keys", !areOff());
    }

    if (off) {
        off.checked = stored() === "off";
        off.addEventListener("change", function () {
            store(off.checked ? "off" : "on");
            show();
        });
    }
    show();

    function isField(element) {
        if (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)) {
            return true;
        }
        return element.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(element.type);
    }

    function press(element) {
        if (element.type === "radio") {
            element.checked = true;
            element.focus();
            return;
        }
        if (element.tagName === "SUMMARY") {
            element.parentElement.open = !element.parentElement.open;
            element.focus();
            return;
        }
        element.click();
    }

    document.addEventListener("keydown", function (event) {
        const target = event.target;
        if (event.key === "Escape" && target !== document.body && isField(target)) {
            target.blur();
            return;
        }
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        if (event.repeat || event.isComposing || isField(target) || areOff()) {
            return;
        }
        const key = event.key.toLowerCase();
        const found = key.length === 1 && Array.from(desk.querySelectorAll("[data-ni-key]")).find(
            function (element) {
                return element.dataset.niKey === key && !element.disabled;
            }
        );
        if (found) {
            event.preventDefault();
            press(found);
        }
    });

    function hasReason() {
        const chosen = document.querySelector("input[name=reason_code][form=ni-decide]:checked");
        return Boolean((chosen && chosen.value) || (words && words.value.trim()));
    }

    /* Where CSRF_USE_SESSIONS is on, Django refuses what is posted after the end of a session before
       the server sees it. So choice and words wait in this tab, until the next case is shown. */
    const DRAFT = "number_insight.draft";

    function fieldsOf(name) {
        return Array.from(document.querySelectorAll("[form=ni-decide][name=" + name + "]"));
    }

    function keepDraft() {
        const draft = {record: form.elements.record.value, by: form.elements.by.value};
        const chosen = fieldsOf("reason_code").find(function (each) { return each.checked; });
        const also = fieldsOf("also").filter(function (each) { return each.checked; });
        draft.code = chosen ? chosen.value : "";
        draft.also = also.map(function (each) { return each.value; });
        draft.words = words.value;
        try {
            window.sessionStorage.setItem(DRAFT, JSON.stringify(draft));
        } catch (error) {
            /* Without a store nothing is kept. */
        }
    }

    function takeDraft() {
        try {
            const draft = JSON.parse(window.sessionStorage.getItem(DRAFT));
            window.sessionStorage.removeItem(DRAFT);
            return draft;
        } catch (error) {
            return null;
        }
    }

    function restore(draft) {
        const isSame = draft && words && form && form.elements.by
            && draft.record === form.elements.record.value && draft.by === form.elements.by.value;
        if (!isSame || hasReason() || !(draft.code || draft.words)) {
            return;
        }
        fieldsOf("reason_code").forEach(function (each) { each.checked = each.value === draft.code; });
        fieldsOf("also").forEach(function (each) { each.checked = draft.also.includes(each.value); });
        words.value = draft.words;
        desk.querySelector(".ni-kept").hidden = false;
    }

    restore(takeDraft());

    let isSent = false;

    document.addEventListener("submit", function (event) {
        if (!desk.contains(event.target)) {
            return;
        }
        const button = event.submitter;
        if (event.target === form && button && button.value === "refuse" && !hasReason()) {
            event.preventDefault();
            missing.hidden = false;
            const first = chips.querySelector("input");
            (first || words).focus();
            return;
        }
        if (isSent) {
            event.preventDefault();
        }
        isSent = true;
        if (event.target === form && button && /^(release|refuse)$/.test(button.value)) {
            keepDraft();
        }
    });

    window.addEventListener("pageshow", function () {
        isSent = false;
    });

    /* A reload shows this case again, and not the one that has come first meanwhile. */
    if (desk.dataset.niHere) {
        window.history.replaceState(window.history.state, "", desk.dataset.niHere);
    }

    /* A page that was fetched ahead has claimed nothing: it does so once it is shown. */
    function claim() {
        const data = new FormData(form);
        data.set("act", "claim");
        window.fetch(form.action, {method: "POST", body: data}).then(function (response) {
            if (!response.ok) {
                window.location.reload();
            }
        }, function () { /* Without a claim the case can still be decided. */ });
    }

    function fetchAhead() {
        const link = desk.querySelector("[data-ni-prefetch]");
        if (link) {
            const ahead = document.createElement("link");
            ahead.rel = "prefetch";
            ahead.href = link.href;
            document.head.appendChild(ahead);
        }
    }

    if (form && desk.hasAttribute("data-ni-unclaimed")) {
        claim();
    }
    if (window.requestIdleCallback) {
        window.requestIdleCallback(fetchAhead, {timeout: 2000});
    } else {
        window.setTimeout(fetchAhead, 500);
    }
})();
