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
