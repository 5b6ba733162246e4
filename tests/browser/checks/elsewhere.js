// The book on paper, without scripts, from a file, and over a slow line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';

// Kilobytes of 1024 bytes that the first page may have, compressed, with all that it loads.
const FIRST_PAGE = 200;

export function elsewhere(book) {
  const tabbed = 'ch6/loops.html';

  describe('on paper', { concurrency: 4 }, () => {
    for (const name of ['ch2/index.html', 'ch2/hello-map.html', tabbed, 'print.html']) {
      test(`${name} is whole, and black on white`, () => book.visit(name, async (page) => {
        await page.evaluate(() => {
          addEventListener('beforeprint', () => {
            window.folded = document.querySelectorAll('main details:not([open])').length;
          });
        });
        const pdf = await page.pdf();
        assert.ok(pdf.length > 10_000);
        assert.equal(await page.evaluate(() => window.folded), 0, 'folds that are closed');
        if (name !== tabbed) {
          await page.waitForFunction(() => document.querySelector('main details:not([open])')); // closed again behind
        }
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
        const found = await page.evaluate(() => {
          const hidden = [...document.querySelectorAll('.kernels > [data-kernel]')].filter((panel) => panel.getBoundingClientRect().height === 0);
          const seen = [...document.querySelectorAll('.language-menu ul, .kernel-tabs, .log-hint, .quiz-status, pre > .buttons, #mdbook-sidebar')].filter((element) => element.getBoundingClientRect().height > 0);
          const label = document.querySelector('.kernels > [data-kernel]');
          return {
            hidden: hidden.length,
            seen: seen.map((element) => element.className || element.id),
            label: label && getComputedStyle(label, '::before').content,
            colour: getComputedStyle(document.querySelector('main p')).color,
            ground: getComputedStyle(document.querySelector('#mdbook-page-wrapper')).backgroundColor,
          };
        });
        assert.deepEqual({ hidden: found.hidden, seen: found.seen }, { hidden: 0, seen: [] });
        assert.match(found.label ?? '"Linux "', /Linux/);
        assert.deepEqual([found.colour, found.ground], ['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
      }, { window: 'desktop-dark' }));
    }

    test('print.html has every page', () => book.visit('print.html', async (page) => {
      const titles = await page.locator('main h1').allTextContents();
      const missing = [];
      for (const name of book.pages.filter((other) => !/^(print|toc|404|index)\.html$/.test(other))) {
        const title = /<h1[^>]*><a[^>]*>(.*?)<\/a>/s.exec(book.html(name))?.[1].replace(/<[^>]*>/g, '');
        if (title && !titles.includes(title)) {
          missing.push(`${name}: ${title}`);
        }
      }
      assert.deepEqual(missing, []);
    }));
  });

  describe('without scripts', { concurrency: 4 }, () => {
    const plain = { javaScriptEnabled: false };

    test('kernels stand below each other, with their names', () => book.visit(tabbed, async (page) => {
      const panels = page.locator('.kernels > [data-kernel]');
      for (const panel of await panels.all()) {
        assert.ok(await panel.isVisible());
      }
      assert.match(await panels.first().innerText(), /\S/);
    }, plain));

    test('answers open, logs can be read, pages can be turned', () => book.visit('ch2/index.html', async (page) => {
      const choice = page.locator('.quiz details').first();
      await choice.locator('summary').click();
      assert.ok(await choice.locator('p').last().isVisible());
      await page.locator('a[rel~="next"]:visible').first().click();
      await page.waitForURL(/hello\.html/);
      await page.goto(book.address('ch2/hello-map.html'));
      assert.match(await page.locator('code.log').first().innerText(), /R0 invalid mem access 'map_value_or_null'/);
      assert.ok(await page.locator('iframe[src$="toc.html"]').isVisible());
    }, plain));
  });

  describe('from a file', { concurrency: 4 }, () => {
    for (const name of ['index.html', 'ch2/index.html', 'ch2/hello-map.html', tabbed]) {
      test(`${name} is whole`, () => book.visit(name, async (page) => {
        if (name === tabbed) {
          await page.locator('[role="tab"]').first().click();
        }
        if (name === 'ch2/hello-map.html') {
          await page.locator('code.log .log-register').first().click();
          assert.ok(await page.locator('#log-words').isVisible());
        }
        await page.locator('#mdbook-sidebar a', { hasText: 'Glossary' }).click();
        await page.waitForURL(/^file:.*glossary\.html$/);
        assert.deepEqual(page.problems, []);
      }, { from: 'file' }));
    }
  });

  test(`the first page has at most ${FIRST_PAGE} KB, compressed`, () => book.show('index.html', async (page) => {
    const sizes = [];
    page.on('response', (response) => sizes.push(response.body().then((body) => [
      new URL(response.url()).pathname, /\.(woff2|png)$/.test(response.url()) ? body.length : zlib.gzipSync(body, { level: 9 }).length])));
    await page.arrive();
    await page.waitForLoadState('networkidle');
    const parts = await Promise.all(sizes);
    const sum = parts.reduce((total, [, size]) => total + size, 0);
    assert.ok(parts.length > 15, 'too few parts were counted');
    assert.ok(sum <= FIRST_PAGE * 1024, `${Math.ceil(sum / 1024)} KB: ${parts.sort((a, b) => b[1] - a[1]).slice(0, 8).join('; ')}`);
  }));
}
