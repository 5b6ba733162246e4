// What several kernels print, in tabs: `<div class="kernels">` with a `<div data-kernel="6.1">` for each. Kernels that
// print the same share one: `data-kernel="6.1 6.12"`.
//
// The chosen kernel holds for the whole book and is remembered. Without this script, and in print, all of
// them are shown one below the other (tabs.css).
{
    const KEY = 'workbook-kernel';
    const USUAL = '6.1';
    const groups = [...document.querySelectorAll('.kernels')]
        .map((box) => ({ box, panels: [...box.querySelectorAll(':scope > [data-kernel]')] }))
        .filter(({ panels }) => panels.length > 1);

    function remembered() {
        try {
            return localStorage.getItem(KEY);
        } catch {
            return null; // storage may be forbidden
        }
    }

    function remember(kernel) {
        try {
            localStorage.setItem(KEY, kernel);
        } catch {
            // Then it holds for this page.
        }
    }

    const kernelsOf = (panel) => panel.dataset.kernel.split(' ');

    function select({ panels, tabs }, wanted) {
        const of = (kernel) => panels.find((panel) => kernelsOf(panel).includes(kernel));
        const chosen = of(wanted) ?? of(USUAL) ?? panels[0];
        panels.forEach((panel, at) => {
            const on = panel === chosen;
            // The browser's own search finds hidden panels, too, and opens them.
            panel.hidden = on ? false : 'until-found';
            tabs[at].setAttribute('aria-selected', String(on));
            tabs[at].tabIndex = on ? 0 : -1;
        });
    }

    // All groups of the page, without moving the one that the reader looks at. Of kernels that share a tab, the one
    // that was chosen before stays chosen.
    function choose(panel, group) {
        const before = group.box.getBoundingClientRect().top;
        const kernels = kernelsOf(panel);
        const kernel = [remembered(), USUAL].find((known) => kernels.includes(known)) ?? kernels[0];
        remember(kernel);
        groups.forEach((other) => select(other, kernel));
        scrollBy({ top: group.box.getBoundingClientRect().top - before, behavior: 'instant' });
    }

    function key(event, group) {
        const at = group.tabs.indexOf(event.target);
        const last = group.tabs.length - 1;
        const to = { ArrowLeft: at ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last }[event.key];
        if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        // The arrow keys turn the pages elsewhere.
        event.preventDefault();
        event.stopPropagation();
        choose(group.panels[to], group);
        group.tabs[to].focus();
    }

    function build(group, number) {
        const bar = document.createElement('div');
        bar.className = 'kernel-tabs';
        const list = document.createElement('div');
        list.setAttribute('role', 'tablist');
        list.setAttribute('aria-label', 'Kernel');
        group.tabs = group.panels.map((panel, at) => {
            const name = kernelsOf(panel).join(', ');
            const tab = document.createElement('button');
            tab.type = 'button';
            tab.id = `kernels-${number + 1}-${at + 1}`;
            tab.append(name);
            tab.setAttribute('role', 'tab');
            tab.setAttribute('aria-label', `Linux ${name}`);
            panel.id ||= `${tab.id}-panel`;
            tab.setAttribute('aria-controls', panel.id);
            panel.setAttribute('role', 'tabpanel');
            panel.setAttribute('aria-labelledby', tab.id);
            tab.addEventListener('click', () => choose(panel, group));
            panel.addEventListener('beforematch', () => choose(panel, group));
            return tab;
        });
        list.append(...group.tabs);
        list.addEventListener('keydown', (event) => key(event, group));
        bar.append('Linux', list);
        group.box.prepend(bar);
        group.box.classList.add('tabbed');
        select(group, remembered());
    }

    groups.forEach(build);
}
