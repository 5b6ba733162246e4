// A check that cannot fail is worse than none: each kind of fault is put into a page, and has to be found.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { axe } from '../support/axe.js';
import { layout } from '../support/layout.js';

const PAGE = 'ch2/hello-map.html';

const FAULTS = [
  ['an element wider than the window', '<div style="width: 3000px">wide</div>', /sticks out by|is wider than its window/],
  ['a word that is not broken', `<p style="white-space: nowrap">${'long '.repeat(200)}</p>`, /main is wider than its window/],
  ['an error in the console', '<script>console.error("oh")</script>', /^console error: oh/],
  ['a warning in the console', '<script>console.warn("hm")</script>', /^console warning: hm/],
  ['a script that fails', '<script>nothing.there()</script>', /^script error: nothing is not defined/],
  ['an image that is missing', '<img src="no-such.png" alt="none">', /^missing \(404\): .*no-such\.png/],
  ['a picture from another machine', '<img src="http://192.0.2.1/dot.png" alt="dot">', /^asks another machine: http:\/\/192\.0\.2\.1/],
  ['a style from another machine', '<link rel="stylesheet" href="https://example.invalid/a.css">', /^asks another machine: https:\/\/example/],
  ['text that is too pale', '<p style="color: #aaa; background: #fff">pale</p>', /^axe color-contrast/],
  ['a heading that skips a level', '<h5>deep</h5>', /a heading of level 5 follows/],
  ['words that leave their box', '<svg class="diagram" viewBox="0 0 300 40" role="img" aria-label="x"><rect x="120" y="5" width="60" height="30"/><text x="150" y="25" class="middle">much too long for it</text></svg>', /in a diagram: much too long/],
  ['a button without a name', '<button></button>', /^axe button-name/],
  ['a link that only its colour shows', '<p>text <a href="#x" style="text-decoration: none; color: #222">link</a> text</p>', /^axe link-in-text-block/],
  ['what scrolls and cannot be reached', '<div style="overflow: auto; height: 20px"><p style="height: 200px">x</p></div>', /^axe scrollable-region-focusable/],
];

export function faults(book) {
  describe('a fault is found', { concurrency: 4 }, () => {
    const problems = (html) => book.show(PAGE, async (page) => {
      await page.route(`**/${PAGE}`, (route) => route.fulfill({
        contentType: 'text/html; charset=utf-8',
        body: book.html(PAGE).replace('</main>', `${html}</main>`),
      }));
      await page.route(/^https?:\/\/(?!127\.0\.0\.1)/, (route) => route.abort());
      await page.arrive();
      return [...await layout(page), ...await axe(page, { whole: false }), ...page.problems];
    });

    for (const [name, html, expected] of FAULTS) {
      test(name, async () => {
        const found = await problems(html);
        assert.ok(found.some((problem) => expected.test(problem)), `not found among: ${JSON.stringify(found)}`);
      });
    }

    test('and without a fault there is none', async () => assert.deepEqual(await problems(''), []));
  });
}
