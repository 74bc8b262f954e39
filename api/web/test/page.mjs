// A person's way through the map page, in a real browser against a real server.
// Usage: node test/page.mjs BASE_URL CHROMIUM [FOLDER for screenshots]
// Exits 0 when everything holds; every failed check is a line on standard error.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, executablePath, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const errors = [];

/** A page that reports everything that goes wrong in it, and every request that leaves the server. */
async function open(viewport, hash = '', path = '/') {
  const page = await browser.newPage({ viewport, hasTouch: viewport.width < 500 });
  page.failuresExpected = false;
  page.on('console', (m) => { if (m.type() === 'error' && !page.failuresExpected) errors.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => errors.push(`page: ${e.message}`));
  page.on('request', (r) => {
    if (!r.url().startsWith(base + '/') && !r.url().startsWith(base.replace('http', 'ws') + '/') && !/^(data|blob):/.test(r.url())) errors.push(`request to elsewhere: ${r.url()}`);
  });
  await page.goto(base + path + hash);
  return page;
}

async function settle(page) {
  await page.waitForFunction(() => document.querySelector('main')?.getAttribute('aria-busy') === 'false' && window.maillage);
  await page.evaluate(() => window.maillage.settled());
}

/** Waits for the answer that a change asks for. */
async function changing(page, change) {
  const answered = page.waitForResponse((r) => r.url().includes('/api/v1/coverage?') && r.request().method() === 'GET');
  await change();
  await answered;
  await settle(page);
}

async function api(path, body) {
  const response = await fetch(base + path, body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {});
  assert.equal(response.status, 200, path);
  return response.json();
}

// The page's own writing of numbers, from the same rules in i18n.ts.
const spaces = (s) => s.replace(/[\u202f\u00a0]/g, ' ').trim();
const whole = (n, lang) => spaces(new Intl.NumberFormat(lang === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: 0 }).format(n));
function percent(p, lang) {
  if (p === null) return '–';
  const edge = (p > 0 && p < 1) || (p > 99 && p < 100);
  const n = new Intl.NumberFormat(lang === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: edge ? 1 : 0 }).format(edge ? Math.min(Math.max(p, 0.1), 99.9) : p);
  return spaces(n) + (lang === 'fr' ? ' %' : '%');
}

/** The commune table and the big figure say what the API says. */
async function checkTable(page, question, at, lang = 'fr') {
  const want = await api('/api/v1/coverage', question);
  const cells = (row, name) => [name, whole(row.demand, lang), whole(row.covered[at], lang), percent(row.share_percent[at], lang)];
  const expected = Object.fromEntries(want.communes.map((r) => [r.code, cells(r, r.name.fr)]));
  const shown = await page.$$eval('tr[data-code]', (rows) => rows.map((tr) => [tr.dataset.code, [...tr.children].map((c) => (c.querySelector('button') ?? c).textContent)]));
  assert.deepEqual(Object.fromEntries(shown.map(([code, texts]) => [code, texts.map(spaces)])), expected, `table for ${JSON.stringify(question)}`);
  const total = await page.$$eval('.table:not(.ages) tfoot tr > *', (all) => all.map((c) => c.textContent));
  assert.deepEqual(total.slice(1).map(spaces), cells(want.territory, '').slice(1), 'total row');
  assert.equal(spaces(await page.textContent('.big')), percent(want.territory.share_percent[at], lang), 'big figure');
  const sentence = spaces(await page.textContent('.figure .sentence'));
  for (const n of [want.territory.covered[at], want.territory.demand]) assert.ok(sentence.includes(whole(n, lang)), `${n} in "${sentence}"`);
  const ages = await page.$$eval('.ages tbody tr', (rows) => rows.map((tr) => [...tr.children].map((c) => c.textContent)));
  assert.deepEqual(ages.map((r) => r.slice(1).map(spaces)), want.ages.filter((r) => r.demand > 0).map((r) => cells(r, '').slice(1)), 'ages');
  return want;
}

async function accessible(page, what) {
  const violations = await page.evaluate(async (source) => {
    if (!window.axe) (0, eval)(source);
    const found = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
    return found.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`);
  }, axe).catch((e) => [String(e)]);
  assert.deepEqual(violations, [], `axe: ${what}`);
}

/** How many pixels of the map have exactly each of the colours, read from a screenshot. */
async function pixels(page, colours) {
  const overlays = (v) => page.evaluate((x) => document.querySelectorAll('.map > :not(.canvas)').forEach((e) => { e.style.visibility = x; }), v);
  await overlays('hidden'); // the legend has the colours too
  const png = await page.locator('.map .canvas').screenshot();
  await overlays('');
  const reader = await browser.newPage(); // without the page's content security policy
  const counts = await reader.evaluate(async ([data, wanted]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const c = canvas.getContext('2d');
    c.drawImage(image, 0, 0);
    const { data: px } = c.getImageData(0, 0, image.width, image.height);
    const out = Object.fromEntries(wanted.map((w) => [w, { n: 0, x: 0, y: 0 }]));
    for (let i = 0; i < px.length; i += 4) {
      const hit = out[`rgb(${px[i]}, ${px[i + 1]}, ${px[i + 2]})`];
      if (!hit) continue;
      // The middle of a run: not an edge.
      if (hit.n++ % 200 === 100) [hit.x, hit.y] = [(i / 4) % image.width, Math.floor(i / 4 / image.width)];
    }
    return out;
  }, [png.toString('base64'), colours]);
  await reader.close();
  return counts;
}

const swatches = (page) => page.$$eval('.classes li .swatch:not(.hatch):not(.dots)', (all) => all.map((e) => getComputedStyle(e).backgroundColor));
const picture = (page, name) => (folder ? page.screenshot({ path: join(folder, name + '.png') }) : undefined);
const steps = [];
const step = (name, run) => steps.push([name, run]);
const territory = await api('/api/v1/territory');
const desk = { width: 1400, height: 900 };
const phone = { width: 390, height: 844 };
let page;

step('shows the territory, says that it is modelled, and answers the first question', async () => {
  page = await open(desk);
  await settle(page);
  assert.ok((await page.textContent('h1')).includes(territory.name));
  assert.equal(await page.isVisible('.modelled'), territory.modelled);
  await checkTable(page, { service: 'creche', mode: 'car', within: ['10m', '15m', '20m'] }, 1);
  await picture(page, 'desk');
});

step('answers another mode, time and service', async () => {
  await changing(page, () => page.getByText('Vélo', { exact: true }).click());
  const want = await checkTable(page, { service: 'creche', mode: 'bike' }, 1);
  assert.ok(want.territory.covered[0] < want.territory.covered[2], 'the question tells its thresholds apart');
  await page.getByRole('button', { name: '20 min' }).click();
  await settle(page);
  await checkTable(page, { service: 'creche', mode: 'bike' }, 2);
  await changing(page, () => page.locator('#minutes').fill('7'));
  await checkTable(page, { service: 'creche', mode: 'bike', within: ['7m', '10m', '15m', '20m'] }, 0);
  await changing(page, () => page.locator('#service').selectOption('town_hall'));
  await checkTable(page, { service: 'town_hall', mode: 'bike', within: ['5m', '10m'] }, 0);
});

step('counts planned places when asked', async () => {
  await changing(page, () => page.locator('#service').selectOption('creche'));
  const before = await page.getAttribute('.big', 'data-share');
  await changing(page, () => page.getByRole('checkbox').check());
  await checkTable(page, { service: 'creche', mode: 'bike', statuses: ['existing', 'planned'] }, 1);
  assert.ok(Number(await page.getAttribute('.big', 'data-share')) > Number(before), 'a planned place serves more people');
  await changing(page, () => page.getByRole('checkbox').uncheck());
});

step('draws every class that the answer has, in the legend’s colours', async () => {
  const { cells } = await api('/api/v1/coverage', { service: 'creche', mode: 'bike' });
  const colours = await swatches(page);
  assert.equal(colours.length, 4);
  const bounds = [0, 600, 900, 1200, Infinity];
  const present = colours.filter((_, k) => cells.seconds.some((s) => s !== null && (s > bounds[k] || k === 0) && s <= bounds[k + 1]));
  assert.ok(present.length >= 3, 'the territory shows at least three classes');
  const seen = await pixels(page, colours);
  for (const colour of present) assert.ok(seen[colour].n > 150, `${colour}: ${seen[colour].n} pixels`);
});

step('tells of a cell under the pointer, and of a facility', async () => {
  const colours = await swatches(page);
  const box = await page.locator('.map .canvas').boundingBox();
  const { x, y } = (await pixels(page, [colours[3]]))[colours[3]];
  await page.mouse.move(box.x + x, box.y + y);
  await page.waitForSelector('.tip strong');
  assert.match(spaces(await page.textContent('.tip')), /minutes?.*vers .*habitant/s);
  await page.mouse.move(box.x + 3, box.y + 3);
  await page.waitForSelector('.tip', { state: 'detached' });
  const place = (await api('/api/v1/facilities?service=creche')).features.find((f) => f.properties.hours && f.properties.status === 'existing' && !f.properties.itinerant)
    ?? (await api('/api/v1/facilities?service=creche')).features[0];
  await page.locator('.places summary').click();
  await page.locator('.places button').filter({ hasText: place.properties.name }).first().click();
  await page.waitForSelector('.tip strong');
  assert.equal(await page.textContent('.tip strong'), place.properties.name, 'names are text, never markup');
});

step('sorts the table and goes to a commune by the keyboard, and the link remembers', async () => {
  await page.getByRole('button', { name: 'Commune', exact: true }).click();
  const names = await page.$$eval('tr[data-code] button', (all) => all.map((b) => b.textContent));
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b, 'fr')));
  assert.equal(await page.getAttribute('th.name', 'aria-sort'), 'ascending');
  const row = page.locator('tr[data-code]').first();
  await row.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await settle(page);
  assert.equal(await row.getByRole('button').getAttribute('aria-pressed'), 'true');
  await page.waitForFunction(() => location.hash.includes('commune=') && location.hash.includes('map='));
  const shared = await open(desk, new URL(page.url()).hash);
  await settle(shared);
  assert.equal(new URL(shared.url()).hash, new URL(page.url()).hash, 'a shared link opens the same view');
  await checkTable(shared, { service: 'creche', mode: 'bike' }, 1);
  await shared.close();
});

step('speaks English when asked', async () => {
  await page.getByRole('button', { name: 'English' }).click();
  await checkTable(page, { service: 'creche', mode: 'bike' }, 1, 'en');
  assert.match(await page.textContent('.figure .sentence'), /live within 15 minutes of a nursery by bicycle/);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  if (territory.modelled) assert.equal(await page.textContent('.modelled'), 'Modelled data');
  await page.getByRole('button', { name: 'Français' }).click();
});

step('has no accessibility fault', async () => accessible(page, 'desk'));

step('says so when a service has no place, and when the server fails', async () => {
  const none = territory.services.find((s) => s.facilities.existing === 0 && s.id !== 'senior');
  if (none) {
    await changing(page, () => page.locator('#service').selectOption(none.id));
    assert.ok(await page.isVisible('.answer .warn'), `${none.id} has no place`);
    await changing(page, () => page.locator('#service').selectOption('creche'));
  }
  page.failuresExpected = true;
  await page.route('**/api/v1/coverage?*', (r) => r.abort());
  await page.getByText('À pied', { exact: true }).click();
  await page.waitForSelector('.failure[role=alert]');
  await page.unroute('**/api/v1/coverage?*');
  await changing(page, () => page.getByRole('button', { name: 'Réessayer' }).click());
  assert.equal(await page.locator('.failure').count(), 0);
  page.failuresExpected = false;
  await checkTable(page, { service: 'creche', mode: 'foot' }, 1);
  await page.close();
});

step('shows the way from a cell, road by road, by mouse and by keyboard', async () => {
  page = await open(desk, '#mode=bike&map=12.00/47.6000/-0.3400');
  await settle(page);
  const { cells } = await api('/api/v1/coverage', { service: 'creche', mode: 'bike' });
  const routed = () => page.waitForResponse((r) => r.url().includes('/api/v1/routes?'));
  const box = await page.locator('.map .canvas').boundingBox();
  const colours = await swatches(page);

  /** The panel says what the API says of the route it asked for, and that is the cell's time. */
  const checkRoute = async (response) => {
    const query = new URL(response.url()).searchParams;
    const { features } = await response.json();
    await page.waitForSelector('.route tfoot');
    const i = cells.id.indexOf(query.get('from'));
    assert.equal(Number(await page.getAttribute('.route [data-seconds]', 'data-seconds')), cells.seconds[i], 'the time on the map');
    assert.equal(query.get('to'), cells.facility[i]);
    const roads = features.map((f) => f.properties).filter((l) => l.metres >= 0.5 || l.seconds >= 0.5);
    assert.deepEqual((await page.$$eval('.route tbody tr', (rows) => rows.map((tr) => [tr.children[0].textContent, tr.children[1].textContent]))).map((r) => r.map(spaces)),
      roads.map((l) => [l.road, whole(l.metres, 'fr')]));
  };

  const { x, y } = (await pixels(page, [colours[3]]))[colours[3]];
  let asked = routed();
  await page.mouse.click(box.x + x, box.y + y);
  await checkRoute(await asked);
  assert.match(await page.textContent('.route h2'), /^Trajet vers .*, à vélo$/);
  await page.evaluate(() => window.maillage.settled());
  const brick = 'rgb(184, 67, 31)';
  assert.ok((await pixels(page, [brick]))[brick].n > 100, 'the way is drawn');
  await accessible(page, 'a route');
  await picture(page, 'route');
  await page.locator('.route .close').click();
  await page.waitForSelector('.route', { state: 'detached' });
  await page.evaluate(() => window.maillage.settled());
  assert.equal((await pixels(page, [brick]))[brick].n, 0, 'the line goes with the panel');

  // The middle of the map, by the keyboard; Escape closes and gives the focus back.
  await page.locator('.maplibregl-canvas').focus();
  await page.keyboard.press('ArrowRight'); // now the focus is the keyboard's
  await page.evaluate(() => window.maillage.settled());
  asked = routed();
  await page.keyboard.press('Enter');
  await checkRoute(await asked);
  assert.ok(await page.evaluate(() => document.activeElement.matches('.route .close')), 'the panel has the focus');
  await page.getByRole('button', { name: 'English' }).click();
  assert.match(await page.textContent('.route h2'), /^Route to .*, by bicycle$/);
  await page.getByRole('button', { name: 'Français' }).click();
  asked = routed();
  await changing(page, () => page.getByText('À pied', { exact: true }).click());
  assert.equal(new URL((await asked).url()).searchParams.get('mode'), 'foot', 'the way follows the question');
  await page.locator('.route .close').focus();
  await page.keyboard.press('Escape');
  await page.waitForSelector('.route', { state: 'detached' });
  assert.ok(await page.evaluate(() => document.activeElement.matches('.maplibregl-canvas')), 'the map has the focus again');
  await page.close();
});

/** What the socket says of the sites, asked apart from the page. */
const live = (question, sites) => page.evaluate(([q, at]) => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v1/live');
  socket.onopen = () => socket.send(JSON.stringify({ type: 'start', params: q, sites: at }));
  socket.onmessage = (e) => { resolve(JSON.parse(e.data)); socket.close(); };
  socket.onerror = reject;
}), [question, sites]);

const tried = () => new URLSearchParams(new URL(page.url()).hash.slice(1)).get('try')?.split(';').map((at) => at.split('/').map(Number).reverse()) ?? [];
const answered = () => page.waitForFunction(() => window.maillage.idle() && document.querySelector('main').getAttribute('aria-busy') === 'false');

/** Figure, gain, communes and ages say what a session of its own says of the sites in the address. */
async function checkTrial(question, at, count, lang = 'fr') {
  await answered();
  const sites = tried();
  assert.equal(sites.length, count, 'sites in the address');
  assert.equal(await page.locator('.try').count(), count, 'sites on the map');
  const without = await api('/api/v1/coverage', question);
  const state = await live(question, sites);
  assert.equal(state.type, 'state', JSON.stringify(state.problem));
  const { territory: row, communes, ages } = state.totals;
  assert.equal(spaces(await page.textContent('.big')), percent(row.share_percent[at], lang));
  const gain = row.covered[at] - without.territory.covered[at];
  assert.equal(Number(await page.getAttribute('.gain', 'data-gain')), gain);
  if (gain >= 1) assert.ok(spaces(await page.textContent('.gain')).startsWith('+' + whole(gain, lang)), await page.textContent('.gain'));
  const shown = Object.fromEntries(await page.$$eval('tr[data-code]', (rows) => rows.map((tr) => [tr.dataset.code, tr.children[2].textContent])));
  assert.deepEqual(Object.fromEntries(Object.entries(shown).map(([code, n]) => [code, spaces(n)])), Object.fromEntries(communes.map((c) => [c.code, whole(c.covered[at], lang)])), 'communes');
  const want = ages.filter((a) => without.ages.find((r) => r.code === a.code).demand > 0).map((a) => whole(a.covered[at], lang));
  assert.deepEqual((await page.$$eval('.ages tbody tr', (rows) => rows.map((tr) => tr.children[2].textContent))).map(spaces), want, 'ages');
  return gain;
}

const bike = { service: 'creche', mode: 'bike' };

step('tries a place that is dragged, moved by the keyboard, undone and removed', async () => {
  page = await open(desk, '#mode=bike&map=12.00/47.6010/-0.3400');
  await settle(page);
  const colours = await swatches(page);
  const before = await pixels(page, colours);
  await page.getByRole('button', { name: 'Essayer un lieu' }).click();
  await page.waitForSelector('.try');
  const gain = await checkTrial(bike, 1, 1);
  assert.ok(gain > 0, 'a place in the middle serves more people');
  await page.evaluate(() => window.maillage.settled());
  const after = await pixels(page, colours);
  assert.ok(after[colours[0]].n > before[colours[0]].n + 50, `the map follows: ${before[colours[0]].n} → ${after[colours[0]].n} pixels of the nearest class`);

  const pin = await page.locator('.try').boundingBox();
  await page.mouse.move(pin.x + 15, pin.y + 15);
  await page.mouse.down();
  for (let k = 1; k <= 25; k++) await page.mouse.move(pin.x + 15 + 4 * k, pin.y + 15 - k);
  await page.waitForFunction((n) => Number(document.querySelector('.gain').dataset.gain) !== n, gain); // while it is held
  await page.mouse.up();
  await checkTrial(bike, 1, 1);
  const start = tried();
  await accessible(page, 'a place on trial');
  await picture(page, 'try');

  await page.locator('.try').focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await checkTrial(bike, 1, 1);
  assert.ok(tried()[0][0] < start[0][0], 'the arrow moves it west');
  await page.getByRole('button', { name: 'Annuler' }).click();
  await checkTrial(bike, 1, 1);
  assert.deepEqual(tried(), start, 'one undo takes the arrow back');
  await page.getByRole('button', { name: 'Annuler' }).click();
  await answered();
  assert.notDeepEqual(tried(), start, 'and one the whole drag');

  await page.getByRole('button', { name: 'Essayer un autre lieu' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.try').length === 2);
  await checkTrial(bike, 1, 2);
  const shared = new URL(page.url()).hash;
  await page.getByRole('button', { name: '20 min' }).click();
  await settle(page);
  await checkTrial(bike, 2, 2);
  await page.getByRole('button', { name: 'English' }).click();
  await checkTrial(bike, 2, 2, 'en');
  assert.match(await page.textContent('.gain'), /children under 3 within 20 min/);
  await page.getByRole('button', { name: 'Français' }).click();
  await page.locator('.try').first().focus();
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.querySelectorAll('.try').length === 1);
  await checkTrial(bike, 2, 1);
  await page.getByRole('button', { name: 'Retirer le lieu à l’essai 1' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.try').length === 0);
  await checkTable(page, bike, 2);
  await page.close();

  page = await open(desk, shared);
  await settle(page);
  await page.waitForFunction(() => document.querySelector('.gain'));
  await checkTrial(bike, 1, 2);
  await page.close();
});

step('says when the connection is lost, and goes on when it is back', async () => {
  page = await browser.newPage({ viewport: desk });
  page.failuresExpected = true; // the browser reports the broken connection itself
  const sockets = [];
  let broken = false;
  await page.routeWebSocket('**/api/v1/live', (ws) => {
    if (broken) return ws.close({ code: 1011 });
    ws.connectToServer();
    sockets.push(ws);
  });
  await page.goto(base + '/#mode=bike&map=12.00/47.6010/-0.3400');
  await settle(page);
  await page.getByRole('button', { name: 'Essayer un lieu' }).click();
  await page.waitForSelector('.gain');
  await answered();
  broken = true;
  for (const ws of sockets) await ws.close({ code: 1011 });
  await page.waitForSelector('.tries [role=alert]');
  assert.match(await page.textContent('.tries [role=alert]'), /connexion est perdue/);
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await page.waitForSelector('.tries [role=alert]');
  broken = false;
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await page.waitForSelector('.tries [role=alert]', { state: 'detached' });
  await page.locator('.try').focus();
  await page.keyboard.press('Shift+ArrowUp');
  await answered();
  const sites = tried();
  const state = await live(bike, sites);
  assert.equal(spaces(await page.textContent('.big')), percent(state.totals.territory.share_percent[1], 'fr'));
  await page.close();
});

step('fits a phone', async () => {
  page = await open(phone, '#mode=bike');
  await settle(page);
  await checkTable(page, { service: 'creche', mode: 'bike' }, 1);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  assert.ok((await page.locator('.big').boundingBox()).y < phone.height, 'the answer is on the first screen');
  await accessible(page, 'phone');
  await picture(page, 'phone');
  await page.close();
});

step('prints the map with the figures', async () => {
  page = await open(desk, '#mode=bike');
  await settle(page);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  const image = page.locator('img.printed');
  assert.ok((await image.boundingBox()).height > 200, 'the map is on paper');
  // More than one colour: an empty drawing buffer would be blank.
  const length = await image.evaluate((e) => e.src.length);
  assert.ok(length > 5000, `the picture has ${length} characters`);
  assert.equal(await page.isVisible('.controls'), false);
  await picture(page, 'print');
  await page.close();
});

step('downloads a file', async () => {
  page = await open(desk);
  await settle(page);
  const link = page.locator('.actions a[download]').first();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.match(download.suggestedFilename(), /^maillage-.*-creche-car-cells\.geojson$/);
  assert.equal(await download.failure(), null);
  await page.close();
});

step('shows the API’s documentation', async () => {
  page = await open(desk, '', '/api/docs');
  await page.waitForSelector('.opblock-summary-path');
  assert.ok((await page.textContent('#docs')).includes('/api/v1/'), 'operations are listed');
  await page.close();
});

step('made no error and asked nothing of any other host', () => assert.deepEqual(errors, []));

let failed = 0;
for (const [name, run] of steps) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    if (page && !page.isClosed()) await picture(page, 'failed').catch(() => {});
    console.error(`FAILED ${name}\n${error.stack ?? error}`);
  }
}
await browser.close();
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
