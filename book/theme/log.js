// Verifier logs: colours, and an explanation of each part on hover, tap and keyboard.
//
// A log is a block ```text,log. It is one stop of the Tab key; arrow keys move between its parts, Home and
// End go to the first and the last one, Escape closes the explanation. Without this script the log is plain text.
{
    const blocks = [...document.querySelectorAll('pre > code.log')];
    const logs = new Map(); // from a block to its parts
    let shown; // the part that is explained
    let timer;

    const bubble = document.createElement('div');
    bubble.id = 'log-words';
    bubble.className = 'log-words';
    bubble.setAttribute('role', 'tooltip');
    bubble.hidden = true;

    const partOf = (target) => target.closest?.('code.log > .log-part');
    const spansOf = (part) => [...part.parentElement.querySelectorAll(':scope > .log-part')];

    // Puts the parts into the block in place of its text. What a search has marked stays marked.
    function draw(block) {
        const marked = markedText(block);
        const parts = workbook.logParts(block.textContent);
        let at = 0;
        block.replaceChildren(...parts.map(({ kind, text }, number) => {
            const pieces = pieceByPiece(text, at, marked);
            at += text.length;
            if (!kind) {
                return pieces;
            }
            const span = document.createElement('span');
            span.className = `log-part log-${kind}`;
            span.dataset.part = number;
            span.tabIndex = -1;
            span.append(...pieces);
            return span;
        }).flat());
        block.querySelector('.log-part')?.setAttribute('tabindex', '0');
        logs.set(block, parts);
    }

    function markedText(block) {
        const ranges = [];
        let at = 0;
        const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const mark = node.parentElement.closest('mark');
            if (mark) {
                ranges.push({ from: at, to: at + node.length, mark });
            }
            at += node.length;
        }
        return ranges;
    }

    function pieceByPiece(text, start, marked) {
        const pieces = [];
        let done = 0;
        for (const { from, to, mark } of marked) {
            const [first, last] = [Math.max(from - start, done), Math.min(to - start, text.length)];
            if (first < last) {
                const copy = mark.cloneNode();
                copy.append(text.slice(first, last));
                pieces.push(text.slice(done, first), copy);
                done = last;
            }
        }
        return [...pieces, text.slice(done)].filter((piece) => piece !== '');
    }

    function show(part) {
        clearTimeout(timer);
        if (shown === part) {
            return;
        }
        hide();
        const [title, ...sentences] = workbook.logWords(logs.get(part.parentElement), Number(part.dataset.part));
        const heading = document.createElement('strong');
        heading.append(title);
        bubble.replaceChildren(heading, ...sentences.map((sentence) => {
            const line = document.createElement('span');
            line.append(sentence);
            return line;
        }));
        document.querySelector('main').append(bubble);
        bubble.hidden = false;
        shown = part;
        part.classList.add('log-shown');
        part.setAttribute('aria-describedby', bubble.id);
        place();
    }

    function hide() {
        clearTimeout(timer);
        shown?.classList.remove('log-shown');
        shown?.removeAttribute('aria-describedby');
        shown = undefined;
        bubble.hidden = true;
    }

    // Below the part if there is room, else above, and always within the window.
    function place() {
        const margin = 8;
        const block = shown.parentElement.getBoundingClientRect();
        const part = shown.getClientRects()[0];
        const seen = part && part.bottom > 0 && part.top < innerHeight && part.right > block.left && part.left < block.right;
        if (!seen) {
            hide();
            return;
        }
        const { width, height } = bubble.getBoundingClientRect();
        const room = document.documentElement.clientWidth - width - margin;
        const below = part.bottom + 4;
        const above = part.top - height - 4;
        const top = below + height + margin <= innerHeight || above < margin ? below : above;
        bubble.style.left = `${Math.max(margin, Math.min(Math.max(part.left, block.left), room))}px`;
        bubble.style.top = `${Math.max(margin, Math.min(top, innerHeight - height - margin))}px`;
    }

    // One part of each log can be reached by Tab: the one that was looked at last.
    function goTo(part) {
        part.parentElement.querySelector('[tabindex="0"]')?.setAttribute('tabindex', '-1');
        part.setAttribute('tabindex', '0');
        part.focus();
    }

    // The part of the nearest line above or below that begins nearest to where this one does.
    function vertical(part, step) {
        const spans = spansOf(part);
        const parts = logs.get(part.parentElement);
        const line = (span) => parts[Number(span.dataset.part)].line;
        const beyond = spans.filter((span) => (line(span) - line(part)) * step > 0);
        const next = step > 0 ? beyond[0] : beyond.at(-1);
        const x = part.getBoundingClientRect().left;
        const distance = (span) => Math.abs(span.getBoundingClientRect().left - x);
        return next && beyond.filter((span) => line(span) === line(next))
            .reduce((best, span) => (distance(span) < distance(best) ? span : best));
    }

    function target(part, key) {
        const spans = spansOf(part);
        const at = spans.indexOf(part);
        switch (key) {
        case 'ArrowLeft': return spans[at - 1];
        case 'ArrowRight': return spans[at + 1];
        case 'ArrowUp': return vertical(part, -1);
        case 'ArrowDown': return vertical(part, 1);
        case 'Home': return spans[0];
        case 'End': return spans.at(-1);
        default: return undefined;
        }
    }

    function key(event) {
        const part = partOf(event.target);
        if (event.key === 'Escape' && shown) {
            hide();
        } else if (part && /^(Arrow|Home$|End$)/.test(event.key) && !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)) {
            const next = target(part, event.key);
            if (next) {
                goTo(next);
            }
        } else if (part && event.key === 'Enter') {
            show(part);
        } else {
            return;
        }
        // The arrow keys turn the pages elsewhere.
        event.preventDefault();
        event.stopPropagation();
    }

    function listen() {
        // Before the listeners of the page, which would leave for the next chapter.
        document.addEventListener('keydown', key, true);
        document.addEventListener('focusin', (event) => {
            const part = partOf(event.target);
            if (part) {
                show(part);
            } else if (!bubble.contains(event.target)) {
                hide();
            }
        });
        document.addEventListener('pointerover', (event) => {
            if (event.pointerType === 'touch') {
                return;
            }
            clearTimeout(timer);
            const part = partOf(event.target);
            if (part) {
                timer = setTimeout(show, shown ? 60 : 250, part);
            } else if (shown && !bubble.contains(event.target) && !shown.matches(':focus')) {
                timer = setTimeout(hide, 250);
            }
        });
        document.addEventListener('click', (event) => {
            const part = partOf(event.target);
            if (part && getSelection().isCollapsed) {
                goTo(part);
                show(part);
            } else if (!bubble.contains(event.target)) {
                hide();
            }
        });
        for (const moved of ['scroll', 'resize']) {
            addEventListener(moved, () => shown && place(), { capture: true, passive: true });
        }
    }

    // Says once on each page what can be done.
    function hint() {
        const text = document.createElement('p');
        text.className = 'log-hint';
        text.append(matchMedia('(hover: hover)').matches
            ? 'Each part of a log explains itself: point at it, or go there with Tab and the arrow keys.'
            : 'Each part of a log explains itself: tap it.');
        blocks[0].parentElement.after(text);
    }

    blocks.forEach(draw);
    if (blocks.length > 0) {
        listen();
        hint();
    }
}
