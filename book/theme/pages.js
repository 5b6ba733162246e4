// What all pages have: keyboard, copying, and what printing needs. Without this script a page can be read as well.
{
    const main = document.querySelector('main');

    // What opens the table of contents is a label, which neither the keyboard nor a screen reader takes for a
    // button. A real button stands for it, and clicks it.
    function contentsButton() {
        const label = document.getElementById('mdbook-sidebar-toggle');
        const box = document.getElementById('mdbook-sidebar-toggle-anchor');
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'icon-button';
        button.title = label.title;
        button.setAttribute('aria-label', label.title);
        button.setAttribute('aria-controls', label.getAttribute('aria-controls'));
        const tell = () => button.setAttribute('aria-expanded', String(box.checked));
        tell();
        box.addEventListener('change', tell);
        button.addEventListener('click', () => label.click());
        button.append(...label.cloneNode(true).childNodes);
        label.after(button);
        label.classList.add('hidden');
        document.getElementById('mdbook-menu-bar').setAttribute('role', 'banner');
    }

    // The table of contents comes first, with all its links.
    function skipLink() {
        const link = document.createElement('a');
        link.className = 'skip-link';
        link.href = '#mdbook-content';
        link.append('Skip to the page');
        const content = document.getElementById('mdbook-content');
        content.tabIndex = -1;
        link.addEventListener('click', (event) => {
            event.preventDefault();
            content.focus();
            content.scrollIntoView();
        });
        document.body.prepend(link);
        // mdBook scrolls the table of contents to this page, and a browser takes that for the place to go on from.
        if (document.activeElement === document.body && !location.hash) {
            const start = document.createElement('span');
            start.tabIndex = -1;
            link.before(start);
            start.focus({ preventScroll: true });
            start.remove();
        }
    }

    // Code and tables that are too wide scroll inside of themselves, with the arrow keys as well.
    function scrolling() {
        const boxes = [...main.querySelectorAll('pre > code:not(:has(> .log-part)), .table-wrapper')];
        const measure = (box) => {
            if (box.scrollWidth > box.clientWidth) {
                box.tabIndex = 0;
            } else {
                box.removeAttribute('tabindex');
            }
        };
        const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => measure(target)));
        boxes.forEach((box) => {
            observer.observe(box);
            box.addEventListener('keydown', (event) => {
                // The arrow keys turn the pages elsewhere.
                if (event.target === box && /^Arrow(Left|Right)$/.test(event.key)) {
                    event.stopPropagation();
                }
            });
        });
    }

    // The empty corner of a table is no heading of anything.
    function corners() {
        for (const cell of main.querySelectorAll('th:empty')) {
            cell.replaceWith(document.createElement('td'));
        }
    }

    function textNodes(element) {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        const nodes = [];
        while (walker.nextNode()) {
            nodes.push(walker.currentNode);
        }
        return nodes;
    }

    // What is copied is what was written: tabs in C, which the highlighter has made spaces; no line end behind the
    // last command, so that the reader decides when it runs.
    function copying() {
        for (const code of main.querySelectorAll('code.language-c')) {
            let lineBegins = true;
            for (const node of textNodes(code)) {
                const text = node.data.replace(/(^|\n)((?: {4})+)/g, (all, begin, spaces) => (
                    begin || lineBegins ? begin + '\t'.repeat(spaces.length / 4) : all));
                lineBegins = node.data.endsWith('\n') || (lineBegins && /^ *$/.test(node.data));
                node.data = text;
            }
        }
        for (const code of main.querySelectorAll('code.language-sh')) {
            const last = textNodes(code).at(-1);
            last.data = last.data.replace(/\n$/, '');
        }
        for (const note of document.querySelectorAll('.clip-button > .tooltiptext')) {
            note.setAttribute('role', 'status');
        }
    }

    // An option such as --break is never parted behind its hyphens, in a command or in a sentence.
    function wholeWords() {
        for (const code of main.querySelectorAll('code.language-sh')) {
            if (code.querySelector('mark')) {
                continue; // found by a search
            }
            code.replaceChildren(...code.textContent.split(/(\s+)/).map((word) => {
                const span = document.createElement('span');
                span.className = 'whole';
                span.append(word);
                return word.includes('-') ? span : word;
            }));
        }
        for (const code of main.querySelectorAll(':not(pre) > code')) {
            code.classList.toggle('whole', code.textContent.includes('-') && code.textContent.length <= 24);
        }
    }

    // On paper nothing can be opened.
    function printing() {
        let closed = [];
        addEventListener('beforeprint', () => {
            // The browser may tell twice before it prints once.
            const found = [...main.querySelectorAll('details:not([open])')];
            found.forEach((details) => { details.open = true; });
            closed.push(...found);
        });
        addEventListener('afterprint', () => {
            closed.forEach((details) => { details.open = false; });
            closed = [];
        });
    }

    contentsButton();
    skipLink();
    scrolling();
    corners();
    copying();
    wholeWords();
    printing();
}
