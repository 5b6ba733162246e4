// In each page that `labrunner book` serves: reloads the page after a build, says what is wrong with the
// book, and shows the page's notes.
(() => {
    "use strict";

    // `ch2/hello-map.html`, the same in each language.
    const pathOf = (url) => {
        const path = decodeURIComponent(new URL(url, location).pathname).replace(/^\//, "");
        const language = `${document.documentElement.lang}/`;
        const inside = path.startsWith(language) ? path.slice(language.length) : path;
        return inside === "" || inside.endsWith("/") ? `${inside}index.html` : inside;
    };

    const style = document.createElement("style");
    style.textContent = `
        .served-note { margin: -0.5em 0 1.2em; color: var(--fg); opacity: 0.85; }
        .served-mark { margin-inline-start: 0.5em; opacity: 0.8; }
        .served-problem {
            position: sticky; inset-block-end: 0; z-index: 200; max-height: 40vh; overflow: auto;
            margin: 1em 0 0; padding: 0.6em 1em; white-space: pre-wrap; overflow-wrap: anywhere;
            color: var(--fg); background: var(--bg); border: 2px solid #c0392b; border-radius: 4px;
        }
    `;
    document.head.append(style);

    const element = (name, className, text) => {
        const made = document.createElement(name);
        made.className = className;
        made.textContent = text;
        return made;
    };

    // In place of the one that is there, so that nothing jumps and nothing is read out again.
    const put = (old, text, make) => {
        if (old && text) {
            if (old.textContent !== text) old.textContent = text;
        } else if (old) {
            old.remove();
        } else if (text) {
            make();
        }
    };

    const showNote = (notes) => {
        const note = notes[pathOf(location.href)];
        const main = document.querySelector("main");
        put(main.querySelector(".served-note"), note ? note.line : "", () => {
            const line = element("p", "served-note", note.line);
            line.setAttribute("role", "status");
            const title = main.querySelector("h1");
            title ? title.after(line) : main.prepend(line);
        });
    };

    const showMarks = (notes) => {
        for (const link of document.querySelectorAll("#mdbook-sidebar a[href]")) {
            if (link.hash || link.classList.contains("chapter-fold-toggle")) continue;
            const note = notes[pathOf(link.href)];
            const mark = link.querySelector(".served-mark");
            put(mark, note ? note.mark : "", () => {
                const mark = element("span", "served-mark", note.mark);
                link.append(mark);
            });
            const shown = link.querySelector(".served-mark");
            if (shown) {
                shown.title = note.title;
                shown.setAttribute("role", "img");
                shown.setAttribute("aria-label", note.title);
            }
        }
    };

    const showProblem = (problem) => {
        put(document.querySelector(".served-problem"), problem, () => {
            const box = element("pre", "served-problem", problem);
            box.setAttribute("role", "alert");
            document.querySelector("#mdbook-content, body").append(box);
        });
    };

    let generation = null;
    let source = null;

    const told = (event) => {
        const state = JSON.parse(event.data);
        if (generation !== null && state.generation !== generation) {
            location.reload();
            return;
        }
        generation = state.generation;
        showNote(state.notes);
        showMarks(state.notes);
        showProblem(state.problem || "");
    };

    // A browser keeps few connections to a server open: pages that nobody sees must not hold one.
    const listen = () => {
        if (document.visibilityState === "hidden") {
            if (source) source.close();
            source = null;
        } else if (!source) {
            source = new EventSource("/labrunner/events");
            source.onmessage = told;
        }
    };
    document.addEventListener("visibilitychange", listen);
    addEventListener("pagehide", () => source && source.close());
    addEventListener("pageshow", (event) => {
        if (event.persisted) {
            source = null;
            listen();
        }
    });
    listen();
})();
