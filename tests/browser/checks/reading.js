// Searching, copying, moving about by keyboard.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../support/place.js';

export function reading(book) {
  describe('search', { concurrency: 4 }, () => {
    for (const from of ['http', 'file']) {
      test(`finds map_value_or_null, ${from}`, () => book.visit('index.html', async (page) => {
        await page.keyboard.press('/');
        await page.keyboard.type('map_value_or_null');
        const results = page.locator('#mdbook-searchresults li');
        await results.first().waitFor();
        assert.ok(await results.count() > 3);
        const found = await results.allTextContents();
        assert.ok(found.some((text) => /map_value_or_null/.test(text)), found.join('\n'));
        await page.keyboard.press('Enter');
        await page.waitForURL(/highlight=map_value_or_null/);
        await page.locator('main mark').first().waitFor();
        assert.deepEqual(page.problems, []);
      }, { from }));
    }
  });

  // One after the other: there is one clipboard.
  describe('copying', () => {
    const copied = async (page, code) => {
      await code.scrollIntoViewIfNeeded();
      await code.hover();
      await code.locator('xpath=..').locator('.clip-button').click();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    const permissions = ['clipboard-read', 'clipboard-write'];

    test('a command, without prompt and line end', () => book.visit('ch2/hello-map.html', async (page) => {
      const code = page.locator('code.language-sh');
      assert.equal(await copied(page, code.first()), 'labrunner ch2 hello-map');
      assert.equal(await copied(page, code.nth(1)), 'labrunner ch2 hello-map --break null-check');
      assert.equal(await page.locator('.clip-button .tooltiptext').filter({ hasText: 'Copied!' }).count(), 1);
    }, { permissions }));

    test('several commands, one a line, on a phone where they wrap', () => book.visit('ch6/catalogue.html', async (page) => {
      const code = page.locator('code.language-sh').nth(1);
      assert.equal(await copied(page, code), 'labrunner ch6 catalogue/null-check\nlabrunner ch6 catalogue/null-check --break broken --kernel 5.10,7');
    }, { permissions, window: 'phone-light' }));

    test('C with its tabs, as in the file', () => book.visit('ch2/hello-map.html', async (page) => {
      const file = fs.readFileSync(path.join(root, 'labs-bpf/ch2/hello-map/hello-map.bpf.c'), 'utf8');
      assert.equal((await copied(page, page.locator('code.language-c').first())).trimEnd(), file.trimEnd());
    }, { permissions }));

    test('a log, as it was recorded', () => book.visit('ch2/hello-map.html', async (page) => {
      const file = fs.readFileSync(path.join(root, 'book/src/generated/ch2-hello-map@null-check.txt'), 'utf8');
      assert.equal((await copied(page, page.locator('code.log').first())).trimEnd(), file.trimEnd());
    }, { permissions }));

    test('no command of the book has a prompt, or a line end behind it', async () => {
      for (const name of book.pagesWith(/class="language-sh"/)) {
        const texts = await book.glance(name, (page) => page.locator('code.language-sh').evaluateAll((all) => all.map((code) => code.textContent)));
        assert.deepEqual(texts.filter((text) => text === '' || /^[$#%>] |\n$/m.test(text)), [], name);
      }
    });

    test('the button of a command can be seen and tapped', () => book.visit('ch2/hello-map.html', async (page) => {
      const button = page.locator('pre:has(> .language-sh) .clip-button').first();
      assert.equal(await button.evaluate((element) => getComputedStyle(element.parentElement).visibility), 'visible');
      await button.tap();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'labrunner ch2 hello-map');
    }, { permissions, window: 'phone-light' }));
  });

  test('tabs of code are eight columns wide, as where it was lined up', async () => {
    for (const name of ['ch2/hello-map.html', 'ch6/read-the-log.html', 'ch8/tc.html']) {
      const sizes = await book.glance(name, (page) => page.locator('pre code').evaluateAll((all) => all.map((code) => getComputedStyle(code).tabSize)));
      assert.deepEqual([...new Set(sizes)], ['8'], name);
    }
  });

  describe('keyboard', { concurrency: 4 }, () => {
    test('the first stop skips the table of contents', () => book.visit('ch2/hello-map.html', async (page) => {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement.closest('main') !== null));
    }));

    test('the table of contents opens and closes', () => book.visit('ch2/hello-map.html', async (page) => {
      const button = page.getByRole('button', { name: 'Toggle Table of Contents' });
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
      await button.focus();
      await page.keyboard.press('Enter');
      assert.equal(await button.getAttribute('aria-expanded'), 'false');
      await page.locator('#mdbook-sidebar').waitFor({ state: 'hidden' });
      await page.keyboard.press(' ');
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
      await page.locator('#mdbook-sidebar').waitFor();
    }));

    test('arrow keys turn the page, and within wide code they scroll', () => book.visit('ch2/hello-map.html', async (page) => {
      const code = page.locator('code.language-rust[tabindex="0"]').first();
      await code.focus();
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction((element) => element.scrollLeft > 0, await code.elementHandle());
      assert.match(page.url(), /hello-map/);
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press('ArrowRight');
      await page.waitForURL(/hello-perf/);
    }, { window: 'phone-light' }));

    test('? shows the keys', () => book.visit('index.html', async (page) => {
      await page.keyboard.press('?');
      await page.locator('#mdbook-help-popup').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('#mdbook-help-popup').waitFor({ state: 'hidden' });
    }));
  });
}
