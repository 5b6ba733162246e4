
(() => {
    const menu = document.querySelector(".language-menu");
    const summary = menu.querySelector("summary");
    // The same section of the page: headings have the same ids in each language.
    menu.addEventListener("click", (event) => {
        const link = event.target.closest("a");
        if (link) link.hash = location.hash;
    });
    menu.addEventListener("keydown", (event) => {
        // mdBook turns pages with some of the keys.
        event.stopPropagation();
        if (event.key === "Escape" && menu.open) {
            menu.open = false;
            summary.focus();
        }
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            menu.open = true;
            const links = [...menu.querySelectorAll("a")];
            const step = event.key === "ArrowDown" ? 1 : -1;
            const at = links.indexOf(document.activeElement);
            links[at < 0 ? (step > 0 ? 0 : links.length - 1) : (at + step + links.length) % links.length].focus();
        }
    });
    document.addEventListener("click", (event) => {
        if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
})();
