// What several kernels print: tabs, and the choice of a kernel for the whole book.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { axe } from '../support/axe.js';

const chosen = (page) => page.locator('[role="tab"][aria-selected="true"]').evaluateAll((tabs) => tabs.map((tab) => tab.textContent.split(', ')));
const shown = (page) => page.locator('.kernels').evaluateAll((boxes) => boxes
  .map((box) => [...box.querySelectorAll(':scope > [data-kernel]')].filter((panel) => panel.getBoundingClientRect().height > 0).map((panel) => panel.dataset.kernel)));

const unfold = (page) => page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));

export function tabs(book) {
  const pages = book.pagesWith(/class="kernels"[\s\S]*data-kernel="5\.10"/);
  const several = pages.find((page) => book.html(page).match(/class="kernels"/g).length > 1);

  describe('tabs of kernels', { concurrency: 4 }, () => {
    test('there are pages with tabs', () => assert.ok(pages.length > 3 && several, `pages: ${pages}`));

    test('6.1 is chosen first; a choice holds for all of the page, the next page, and is remembered', () => book.visit(several, async (page) => {
      assert.ok((await chosen(page)).every((kernels) => kernels.includes('6.1')), JSON.stringify(await chosen(page)));
      await unfold(page);
      await page.locator('[role="tab"]', { hasText: '5.10' }).last().click();
      for (const panels of await shown(page)) {
        assert.equal(panels.length, 1);
      }
      assert.ok((await chosen(page)).some((kernels) => kernels.includes('5.10')));
      assert.deepEqual(await axe(page), []);
      await page.goto(book.address(pages.find((other) => other !== several)));
      assert.ok((await chosen(page))[0].includes('5.10'));
      await page.reload();
      assert.ok((await chosen(page))[0].includes('5.10'));
      assert.deepEqual(page.problems, []);
    }));

    test('the tabs that the reader looks at do not move when others change', () => book.visit(several, async (page) => {
      await unfold(page);
      const tab = page.locator('[role="tab"]', { hasText: '5.10' }).last();
      await tab.scrollIntoViewIfNeeded();
      const before = await tab.evaluate((element) => element.getBoundingClientRect().top);
      await tab.click();
      const after = await tab.evaluate((element) => element.getBoundingClientRect().top);
      assert.ok(Math.abs(after - before) < 2, `${before} → ${after}`);
    }));

    test('by keyboard: one stop, arrow keys, Home and End', () => book.visit(pages[0], async (page) => {
      const list = page.locator('[role="tablist"]').first();
      const tab = list.locator('[role="tab"]');
      assert.equal(await list.locator('[tabindex="0"]').count(), 1);
      const now = () => page.evaluate(() => document.activeElement.textContent);
      const last = (await tab.allTextContents()).at(-1);
      await list.locator('[tabindex="0"]').focus();
      await page.keyboard.press('Home');
      assert.equal(await now(), await tab.first().textContent());
      await page.keyboard.press('ArrowLeft');
      assert.equal(await now(), last, 'the last comes before the first');
      await page.keyboard.press('ArrowRight');
      assert.equal(await now(), await tab.first().textContent());
      await page.keyboard.press('End');
      assert.equal(await now(), last);
      assert.equal(await tab.last().getAttribute('aria-selected'), 'true');
      assert.ok(page.url().endsWith(pages[0]), 'the arrow keys have not turned the page');
    }));

    test('storage that is forbidden changes nothing but memory', () => book.show(pages[0], async (page) => {
      await page.addInitScript(() => {
        // mdBook's own table of contents needs the other one, sessionStorage.
        for (const name of ['getItem', 'setItem']) {
          const real = Storage.prototype[name];
          Storage.prototype[name] = function guarded(...words) {
            if (this === localStorage) {
              throw new Error('forbidden');
            }
            return real.apply(this, words);
          };
        }
      });
      await page.arrive();
      await page.locator('[role="tab"]', { hasText: '5.10' }).first().click();
      assert.ok((await chosen(page))[0].includes('5.10'));
      assert.deepEqual(page.problems, []);
    }));
  });
}
