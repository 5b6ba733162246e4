// Every page: it loads without complaint, needs no other machine, fits the window, is accessible.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { axe } from '../support/axe.js';
import { layout } from '../support/layout.js';
import { WINDOWS } from '../support/browser.js';

// A page of each kind: with a diagram, a quiz, logs, tabs, tables, code; these are looked at in all four windows.
const KINDS = [
  'index.html', 'setup.html', 'troubleshooting.html', 'glossary.html', 'ch2/index.html', 'ch2/hello-map.html', 'ch4/raw-bpf.html',
  'ch6/catalogue.html', 'ch6/catalogue/null-check.html', 'ch6/read-the-log.html', 'ch6/loops.html', 'ch8/tc.html', 'ch10/arena.html', '404.html', 'ko/ch2/index.html',
];
// Too large to be looked at by axe as well; what is in it is on the other pages.
const WHOLE_BOOK = 'print.html';
// Generated from one template; its entries differ in what they say. One of them is among the kinds above.
const CATALOGUE = 'ch6/catalogue/';
// Not a page: the table of contents for readers without scripts.
const FRAME = 'toc.html';

export function pages(book, screenshots) {
  const shoot = async (page, name, window) => {
    if (screenshots && name !== WHOLE_BOOK) {
      const file = path.join(screenshots, `${name.replaceAll('/', '_').replace('.html', '')}-${window}.png`);
      fs.mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: file, fullPage: true });
    }
  };

  describe('every page', { concurrency: 4 }, () => {
    const glance = (name, window, findings) => test(`${name}, ${window}`, () => book.glance(name, async (page) => {
      const found = [...await layout(page), ...await findings(page)];
      assert.deepEqual([...page.problems, ...found], []);
      await shoot(page, name, window);
    }, window));

    for (const name of book.pages.filter((page) => page !== FRAME && page !== WHOLE_BOOK)) {
      glance(name, 'desktop-light', (page) => axe(page, { whole: false }));
      // The second look is at what theme and width can change.
      const contrast = (page) => axe(page, { whole: false, rules: ['color-contrast'] });
      glance(name, 'phone-dark', name.startsWith(CATALOGUE) ? () => [] : contrast);
    }
    // Made by the same theme: other words, of other widths.
    for (const name of book.translated) {
      glance(name, 'phone-light', () => []);
    }
    glance(WHOLE_BOOK, 'desktop-light', () => []);
    glance(WHOLE_BOOK, 'phone-dark', () => []);
  });

  describe('each kind of page in each window', { concurrency: 4 }, () => {
    for (const name of KINDS) {
      for (const window of Object.keys(WINDOWS)) {
        test(`${name}, ${window}`, () => book.visit(name, async (page) => {
          const found = [...await layout(page), ...await axe(page)];
          assert.deepEqual([...page.problems, ...found], []);
          await shoot(page, name, window);
        }, { window }));
      }
    }
  });
}
