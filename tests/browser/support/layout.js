// What can be measured of a page that is shown.

/** The page must not scroll sideways, and its headings must be in order. Resolves to sentences. */
export function layout(page) {
  return page.evaluate(() => {
    const problems = [];
    const { clientWidth } = document.documentElement;
    // mdBook cuts off what is too wide, so the page itself does not tell.
    for (const box of document.querySelectorAll('body, #mdbook-page-wrapper, .page, #mdbook-content, main')) {
      if (box.scrollWidth > Math.min(box.clientWidth, clientWidth) + 1) {
        problems.push(`${box.id || box.className || box.localName} is wider than its window: ${box.scrollWidth} of ${clientWidth}`);
      }
    }
    // Within the text nothing may stick out, but for what scrolls inside of itself.
    const edge = document.querySelector('main').getBoundingClientRect().right + 1;
    for (const element of document.querySelectorAll('main *')) {
      const scrolls = element.parentElement.closest('pre, .table-wrapper, [role="tablist"], svg');
      const { right, width } = element.getBoundingClientRect();
      if (!scrolls && width > 0 && right > edge) {
        problems.push(`sticks out by ${Math.round(right - edge)}: ${element.outerHTML.slice(0, 100)}`);
      }
    }
    // In a diagram, what is written in a box stays in it.
    for (const diagram of document.querySelectorAll('svg.diagram')) {
      const boxes = [...diagram.querySelectorAll('rect')].map((rect) => rect.getBoundingClientRect());
      for (const text of diagram.querySelectorAll('text')) {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        const around = boxes.filter((box) => box.left < x && x < box.right && box.top < y && y < box.bottom)
          .reduce((least, box) => (least && least.width < box.width ? least : box), undefined);
        if (around && (left < around.left || right > around.right)) {
          problems.push(`in a diagram: ${text.textContent}: ${Math.round(right - left)} wide in a box of ${Math.round(around.width)}`);
        }
      }
    }
    const levels = [...document.querySelectorAll('main :is(h1, h2, h3, h4, h5, h6)')].map((heading) => Number(heading.localName[1]));
    levels.forEach((level, at) => {
      const before = at ? levels[at - 1] : 0;
      if (level > before + 1) {
        problems.push(`a heading of level ${level} follows one of level ${before}`);
      }
    });
    return problems;
  });
}
