// The book in other languages, and the menu that leads there.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { axe } from '../support/axe.js';
import { layout } from '../support/layout.js';
import { root } from '../support/place.js';

const PAGE = 'ch2/hello-map.html';
// Pages without a menu: one is a part of others, one does not know where it is.
const BARE = ['toc.html', '404.html'];

const menu = (page) => page.locator('#mdbook-menu-bar .language-menu');

export function languages(book) {
  describe('languages', { concurrency: 4 }, () => {
    test('there are some, each a whole book', () => {
      const tables = fs.readdirSync(path.join(root, 'book/po')).filter((name) => name.endsWith('.po'));
      assert.ok(tables.length > 1);
      assert.deepEqual(book.languages, tables.map((name) => name.replace('.po', '')).sort());
      for (const language of book.languages) {
        assert.deepEqual(book.pages.filter((page) => !fs.existsSync(path.join(book.folder, language, page))), []);
      }
    });

    test('the menu of every page leads to the same page in each language', () => {
      const wrong = [];
      for (const folder of ['', ...book.languages]) {
        for (const page of book.pages.filter((name) => !BARE.includes(name))) {
          const name = path.join(folder, page);
          const [, list] = /<details class="language-menu">(.*?)<\/details>/s.exec(book.html(name)) ?? [];
          const links = [...(list ?? '').matchAll(/<a href="([^"]*)" lang="([^"]*)" hreflang="\2"( aria-current="true")?>/g)]
            .map(([, href, lang, current]) => `${lang} ${path.join(path.dirname(name), href)}${current ? ' current' : ''}`);
          const expected = ['', ...book.languages].map((other) => `${other || 'en'} ${path.join(other, page)}${other === folder ? ' current' : ''}`);
          if (links.join() !== expected.join()) {
            wrong.push(`${name}: ${links}`);
          }
        }
      }
      assert.deepEqual(wrong, []);
    });

    for (const language of book.languages) {
      test(`by keyboard to ${language} and back, at the same section`, () => book.visit(`${PAGE}#run`, async (page) => {
        const box = menu(page);
        await box.locator('summary').focus();
        await page.keyboard.press('Enter');
        assert.ok(await box.locator('ul').isVisible());
        await page.keyboard.press('Escape');
        assert.ok(await box.locator('ul').isHidden());
        assert.ok(await box.locator('summary').evaluate((element) => element === document.activeElement), 'back at the button');
        const to = async (tag) => {
          await menu(page).locator('summary').focus();
          await page.keyboard.press('ArrowDown');
          while (await page.evaluate(() => document.activeElement.lang) !== tag) {
            await page.keyboard.press('ArrowDown');
          }
          await page.keyboard.press('Enter');
        };
        await to(language);
        await page.waitForURL(book.address(`${language}/${PAGE}#run`));
        assert.equal(await page.evaluate(() => document.documentElement.lang), language);
        assert.ok(await page.locator('h2#run').isVisible());
        await to('en');
        await page.waitForURL(book.address(`${PAGE}#run`));
        assert.deepEqual(page.problems, []);
      }));

      test(`by tap to ${language}, on a phone`, () => book.visit(PAGE, async (page) => {
        await menu(page).locator('summary').tap();
        const { left, right, width } = await menu(page).locator('ul').evaluate((list) => {
          const box = list.getBoundingClientRect();
          return { left: box.left, right: box.right, width: document.documentElement.clientWidth };
        });
        assert.ok(left >= 0 && right <= width, `from ${left} to ${right} of ${width}`);
        assert.deepEqual([...await layout(page), ...await axe(page)], [], 'with the menu open');
        await menu(page).locator(`a[lang="${language}"]`).tap();
        await page.waitForURL(book.address(`${language}/${PAGE}`));
        assert.deepEqual(page.problems, []);
      }, { window: 'phone-dark' }));
    }

    test('the menu closes by a click elsewhere', () => book.visit(PAGE, async (page) => {
      await menu(page).locator('summary').click();
      await page.locator('main h1').first().click();
      assert.ok(await menu(page).locator('ul').isHidden());
    }));

    test('without scripts, from a file', () => book.visit(PAGE, async (page) => {
      await menu(page).locator('summary').click();
      await menu(page).locator(`a[lang="${book.languages[0]}"]`).click();
      await page.waitForURL(new RegExp(`^file:.*/${book.languages[0]}/${PAGE}$`));
      assert.deepEqual(page.problems, []);
    }, { from: 'file', javaScriptEnabled: false }));

    // mdBook's index has no words but those of ASCII letters.
    test('a search in another language finds names of the kernel', () => book.visit(`${book.languages[0]}/index.html`, async (page) => {
      await page.keyboard.press('/');
      await page.keyboard.type('map_value_or_null');
      await page.locator('#mdbook-searchresults li').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(new RegExp(`/${book.languages[0]}/.*highlight=map_value_or_null`));
      assert.deepEqual(page.problems, []);
    }));
  });
}
