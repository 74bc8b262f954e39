// A person's way through the map page, in a real browser against a real server.
// Usage: node test/page.mjs BASE_URL BASE_URL_OF_A_REAL_NETWORK CHROMIUM [FOLDER for screenshots] [a part of the names of the STEPS to take]
// Exits 0 when everything holds; every failed check is a line on standard error.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, country, executablePath, folder, only = ''] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const errors = [];

/** A page that reports everything that goes wrong in it, and every request that leaves the server. */
async function open(viewport, hash = '', path = '/', host = base) {
  const page = await browser.newPage({ viewport, hasTouch: viewport.width < 500 });
  page.failuresExpected = false;
  page.on('console', (m) => { if (m.type() === 'error' && !page.failuresExpected) errors.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => errors.push(`page: ${e.message}`));
  page.on('request', (r) => {
    if (!r.url().startsWith(host + '/') && !r.url().startsWith(host.replace('http', 'ws') + '/') && !/^(data|blob):/.test(r.url())) errors.push(`request to elsewhere: ${r.url()}`);
  });
  await page.goto(host + path + hash);
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

async function api(path, body, host = base) {
  const response = await fetch(host + path, body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {});
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
async function checkTable(page, question, at, lang = 'fr', host = base) {
  const want = await api('/api/v1/coverage', question, host);
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
  const png = await page.locator('.map .canvas:not(.beside)').screenshot();
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

step('answers by public transport and on demand, for when one leaves', async () => {
  assert.deepEqual(territory.modes.filter((m) => m.available).map((m) => m.id), ['car', 'bike', 'foot'], 'the street has neither bus nor train');
  const own = await open(desk, '#service=town_hall', '/', country);
  await settle(own);
  await changing(own, () => own.getByText('Bus et train', { exact: true }).click());
  await checkTable(own, { service: 'town_hall', mode: 'transit Tu 07:00-09:00' }, 0, 'fr', country); // 30 and 45 minutes
  await changing(own, () => own.getByLabel('Jour').selectOption({ label: 'Samedi' }));
  await changing(own, () => own.getByLabel('à', { exact: true }).fill('10:30'));
  await changing(own, () => own.getByLabel('Jusqu’à l’arrêt').selectOption('transit-bike'));
  await checkTable(own, { service: 'town_hall', mode: 'transit-bike Sa 07:00-10:30' }, 0, 'fr', country);
  assert.match(spaces(await own.textContent('.figure .sentence')), /à vélo et en transports en commun\.$/);
  await accessible(own, 'public transport');
  await picture(own, 'transit');
  const shared = await open(phone, new URL(own.url()).hash, '/', country);
  await settle(shared);
  await checkTable(shared, { service: 'town_hall', mode: 'transit-bike Sa 07:00-10:30' }, 0, 'fr', country);
  await accessible(shared, 'public transport on a phone');
  await picture(shared, 'transit-phone');
  await shared.close();
  await changing(own, () => own.getByText('À la demande', { exact: true }).click());
  await checkTable(own, { service: 'town_hall', mode: 'on-demand Sa 07:00-10:30', within: ['5m', '10m'] }, 0, 'fr', country);
  await changing(own, () => own.getByText('À pied', { exact: true }).click());
  await checkTable(own, { service: 'town_hall', mode: 'foot', within: ['5m', '10m'] }, 0, 'fr', country);
  assert.equal(await own.locator('.when').count(), 0, 'on foot it is the same whenever one leaves');
  await own.close();
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
  await page.waitForSelector('.place');
  assert.equal(await page.textContent('.place h2'), place.properties.name, 'names are text, never markup');
  await page.locator('.place .close').click();
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

/** What a session of its own says of a trial: sites and roadwork from the start, then places and closings step by step. */
const live = (question, trial) => page.evaluate(([params, { tries, closed, places, roads, speeds }]) => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v1/live');
  const steps = [...Object.entries(places).map(([id, capacity]) => ({ type: 'resize', id, capacity })), ...closed.map((id) => ({ type: 'remove', id }))];
  const communes = new Map();
  let numbers, last;
  socket.onopen = () => socket.send(JSON.stringify({ type: 'start', params, sites: tries, roadwork: { close: roads, per_mille: speeds } }));
  socket.onerror = reject;
  socket.onmessage = (e) => {
    last = JSON.parse(e.data);
    if (last.type !== 'state') return reject(new Error(e.data));
    numbers ??= Object.fromEntries(last.sites.map((s) => [s.facility, s.site]));
    for (const c of last.totals.communes) communes.set(c.code, c);
    const next = steps.shift();
    if (next) return socket.send(JSON.stringify({ type: next.type, site: numbers[next.id], capacity: next.capacity }));
    socket.close();
    resolve({ ...last.totals, communes: [...communes.values()] });
  };
}), [question, trial]);

/** The trial that the address tells, read apart from the page. */
function trial() {
  const q = new URLSearchParams(new URL(page.url()).hash.slice(1));
  const list = (key, separator) => (q.get(key) ?? '').split(separator).filter(Boolean);
  const numbers = (pairs) => Object.fromEntries(pairs.map((p) => p.split(':')).map(([k, n]) => [k, Number(n)]));
  const [roads = '', ...speeds] = (q.get('routes') ?? '').split(';');
  return {
    tries: list('try', ';').map((at) => at.split('/').map(Number).reverse()), closed: list('fermes', ','), places: numbers(list('places', ',')),
    roads: roads.split(',').filter(Boolean).map(Number), speeds: numbers(speeds),
  };
}
const tried = () => trial().tries;
const answered = () => page.waitForFunction(() => window.maillage.idle() && document.querySelector('main').getAttribute('aria-busy') === 'false');

/** Figure, gain, communes and ages say what a session of its own says of the trial in the address. */
async function checkTrial(question, at, count, lang = 'fr', host = base) {
  await answered();
  assert.equal(tried().length, count, 'sites in the address');
  assert.equal(await page.locator('.try').count(), count, 'sites on the map');
  const without = await api('/api/v1/coverage', question, host);
  const { territory: row, communes, ages } = await live(question, trial());
  assert.equal(spaces(await page.textContent('.big')), percent(row.share_percent[at], lang));
  const gain = row.covered[at] - without.territory.covered[at];
  assert.equal(Number(await page.getAttribute('.gain', 'data-gain')), gain);
  const text = spaces(await page.textContent('.gain'));
  if (Math.abs(gain) >= 1) assert.ok(text.startsWith((gain > 0 ? '+' : '−') + whole(Math.abs(gain), lang)), text);
  const shares = [without.territory, row].map((r) => percent(r.share_percent[at], lang));
  for (const share of shares) assert.ok(spaces(await page.textContent('.gain + p')).includes(share), `${share} before and after`);
  const shown = Object.fromEntries(await page.$$eval('tr[data-code]', (rows) => rows.map((tr) => [tr.dataset.code, tr.children[2].textContent])));
  assert.deepEqual(Object.fromEntries(Object.entries(shown).map(([code, n]) => [code, spaces(n)])), Object.fromEntries(communes.map((c) => [c.code, whole(c.covered[at], lang)])), 'communes');
  const want = ages.filter((a) => without.ages.find((r) => r.code === a.code).demand > 0).map((a) => whole(a.covered[at], lang));
  assert.deepEqual((await page.$$eval('.ages tbody tr', (rows) => rows.map((tr) => tr.children[2].textContent))).map(spaces), want, 'ages');
  return gain;
}

const button = (name) => page.getByRole('button', { name, exact: true });
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
  await page.locator('.places summary').click();
  await page.locator('.places li button').filter({ hasText: 'Ouest' }).first().click();
  await page.locator('#places').fill('30');
  await page.keyboard.press('Enter');
  await button('Fermer ce lieu (essai)').click();
  await page.locator('.place .close').click();
  await answered();
  broken = true;
  for (const ws of sockets) await ws.close({ code: 1011 });
  await page.waitForSelector('.trial [role=alert]');
  assert.match(await page.textContent('.trial [role=alert]'), /connexion est perdue/);
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await page.waitForSelector('.trial [role=alert]');
  broken = false;
  await page.getByRole('button', { name: 'Réessayer' }).click();
  await page.waitForSelector('.trial [role=alert]', { state: 'detached' });
  await page.locator('.try').focus();
  await page.keyboard.press('Shift+ArrowUp');
  await answered();
  await checkTrial(bike, 1, 1);
  assert.deepEqual({ ...trial(), tries: [] }, { tries: [], closed: ['west'], places: { west: 30 }, roads: [], speeds: {} });
  await page.close();
});

/** Until the address tells that many closed places, roads, or none of them. */
const inAddress = (key, value) => page.waitForFunction(([k, v]) => new URLSearchParams(location.hash.slice(1)).get(k) === v, [key, value]);

// The street has a nursery at its western end and plans one at its eastern end.
const both = { service: 'creche', mode: 'bike', statuses: ['existing', 'planned'] };
const grey = 'rgb(201, 194, 180)';

step('closes a place and opens it again, from the list and the map, and undoes both', async () => {
  page = await open(desk, '#mode=bike&planned=1');
  await settle(page);
  const [one, two] = [await api('/api/v1/coverage', bike), await api('/api/v1/coverage', both)];
  assert.equal(await button('Annuler').count(), 0, 'nothing is tried');
  assert.equal((await pixels(page, [grey]))[grey].n, 0);
  await page.locator('.places summary').click();
  await button('Fermer (essai) : Crèche <b>Ouest</b>').focus();
  await page.keyboard.press('Enter');
  await inAddress('fermes', 'west');
  assert.ok(await page.evaluate(() => document.activeElement.textContent === 'Rouvrir'), 'the focus stays where it was');
  // The street is the same from either end: its eastern nursery alone serves as many as the western alone.
  const gain = await checkTrial(both, 1, 0);
  assert.equal(gain, one.territory.covered[1] - two.territory.covered[1]);
  assert.ok(gain < 0);
  assert.match(await page.textContent('.trial .counts'), /^1 lieu fermé\.$/);
  assert.match(spaces(await page.textContent('.places li.shut')), /Crèche <b>Ouest<\/b>.*Fermé \(essai\)/);
  await settle(page);
  assert.ok((await pixels(page, [grey]))[grey].n > 30, 'struck out on the map');
  await button('Annuler').click();
  await inAddress('fermes', null);
  await checkTable(page, both, 1);
  assert.equal(await page.locator('.places li.shut').count(), 0);

  await page.locator('.places li button').filter({ hasText: 'Crèche Est' }).click();
  await page.waitForSelector('.place');
  await page.locator('.place .close').click();
  await settle(page);
  const box = await page.locator('.map .canvas').boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2); // it is in the middle now
  assert.equal(await page.textContent('.place h2'), 'Crèche Est');
  await button('Fermer ce lieu (essai)').click();
  await inAddress('fermes', 'east');
  assert.equal(await checkTrial(both, 1, 0), gain, 'the western nursery alone');
  await accessible(page, 'a closed place');
  await picture(page, 'closed');
  await page.locator('.place .close').click();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForSelector('.tip strong');
  assert.match(await page.textContent('.tip'), /Crèche Est.*Fermé \(essai\)/s);
  await page.mouse.down();
  await page.mouse.up();
  await page.locator('.place').getByRole('button', { name: 'Rouvrir' }).click();
  await inAddress('fermes', null);
  await checkTable(page, both, 1);
  await button('Annuler').click();
  await inAddress('fermes', 'east');
  assert.equal(await checkTrial(both, 1, 0), gain, 'one undo takes the reopening back');
  await button('Annuler').click();
  await inAddress('fermes', null);
  await checkTable(page, both, 1);
  assert.ok(await button('Annuler').isHidden() || await button('Annuler').isDisabled(), 'nothing is left to undo');
  await page.close();
});

step('opens a place’s card by the keyboard, and gives the focus back', async () => {
  page = await open(desk, '#mode=bike');
  await settle(page);
  await page.locator('.places summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const name = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.place');
  assert.equal(await page.textContent('.place h2'), name);
  assert.ok(await page.evaluate(() => document.activeElement.matches('.place .close')));
  await page.keyboard.press('Escape');
  await page.waitForSelector('.place', { state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), name);
  await page.locator('.places li').filter({ hasText: 'Bus' }).getByRole('button').first().click();
  await page.waitForSelector('.place');
  assert.equal(await page.locator('.place .act').count(), 0, 'what does not count cannot be closed');
  await page.locator('.places li').filter({ hasText: 'Crèche Est' }).getByRole('button').first().click();
  assert.match(await page.textContent('.place'), /La question ne compte pas ce lieu/);

  await page.locator('.places li').filter({ hasText: 'Ouest' }).getByRole('button').first().click();
  await page.locator('.place .close').click();
  await settle(page); // in the middle of the map, where Enter asks
  await page.locator('.maplibregl-canvas').focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.place');
  assert.equal(await page.textContent('.place h2'), 'Crèche <b>Ouest</b>');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.place .close')));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await inAddress('fermes', 'west');
  await page.keyboard.press('Escape');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.maplibregl-canvas')), 'the map has the focus again');
  await page.close();
});

step('gives a place another size', async () => {
  page = await open(desk, '#mode=bike');
  await settle(page);
  await page.locator('.places summary').click();
  await page.locator('.places li button').filter({ hasText: 'Ouest' }).first().click();
  assert.equal(await page.inputValue('#places'), '20');
  await page.locator('#places').fill('35');
  await page.keyboard.press('Enter');
  await inAddress('places', 'west:35');
  await answered();
  const { places, territory: row } = await live(bike, trial());
  assert.equal(places.total, 35);
  const reached = row.demand - row.unreachable - row.off_network;
  assert.equal(spaces(await page.textContent('.capacity')), `Places connues : 20 sans l’essai, 35 avec (${whole(3500 / reached, 'fr')} pour 100 personnes qui ont un lieu)`);
  assert.equal(await page.getAttribute('.gain', 'data-gain'), '0', 'nobody lives nearer for it');
  for (const wrong of ['-1', '2.5', '']) {
    await page.locator('#places').fill(wrong);
    await page.locator('#places').press('Enter');
    await answered();
    if (wrong) assert.deepEqual(trial().places, { west: 35 }, `${wrong} places`);
  }
  await inAddress('places', null); // an empty field is as many as there are
  assert.equal(await page.inputValue('#places'), '20');
  await button('Annuler').click();
  await inAddress('places', 'west:35');
  assert.equal(await page.inputValue('#places'), '35');
  await page.close();
});

step('opens a link with all that is tried, puts all back, and that back', async () => {
  const hash = '#service=creche&mode=bike&within=15&planned=1&try=47.6/-0.36&fermes=west,nobody%2C%3A&places=east:12&routes=;secondary:700&map=12.00/47.6000/-0.3400';
  page = await open(desk, hash);
  await settle(page);
  await page.waitForFunction(() => document.querySelector('.counts')?.textContent.includes('fermé'));
  assert.equal(new URL(page.url()).hash, hash, 'the address says the same');
  const known = { ...trial(), closed: ['west'] };
  assert.deepEqual(known, { tries: [[-0.36, 47.6]], closed: ['west'], places: { east: 12 }, roads: [], speeds: { secondary: 700 } });
  await answered();
  const want = await live(both, known);
  assert.equal(spaces(await page.textContent('.big')), percent(want.territory.share_percent[1], 'fr'));
  assert.equal(await page.textContent('.trial .counts'), '1 lieu ajouté, 1 lieu fermé, 1 lieu d’une autre taille, autres vitesses.');
  // The western nursery's 20 places are gone, the tried site's are not known.
  assert.equal(await page.textContent('.capacity'), 'Places connues : 20 sans l’essai, 12 avec (inconnues pour 1 lieu)');
  await accessible(page, 'a link with a trial');
  await picture(page, 'trial');
  await button('Tout remettre').click();
  await page.waitForFunction(() => !document.querySelector('.gain'));
  assert.deepEqual(trial(), { tries: [], closed: [], places: {}, roads: [], speeds: {} });
  await checkTable(page, both, 1);
  await button('Annuler').click();
  await page.waitForSelector('.gain');
  await answered();
  assert.equal(new URL(page.url()).hash, hash);
  assert.equal(spaces(await page.textContent('.big')), percent(want.territory.share_percent[1], 'fr'));

  // Another question keeps what is tried; what is of another service waits.
  await changing(page, () => page.locator('#service').selectOption('town_hall'));
  await page.waitForFunction(() => document.querySelector('.counts')?.textContent === '1 lieu ajouté, autres vitesses.');
  await changing(page, () => page.locator('#service').selectOption('creche'));
  await page.waitForFunction(() => document.querySelector('.counts')?.textContent.includes('1 lieu fermé'));
  await answered();
  assert.equal(spaces(await page.textContent('.big')), percent(want.territory.share_percent[1], 'fr'));
  await page.close();
});

step('takes nothing from a link that cannot be', async () => {
  page = await open(desk, '#mode=bike&try=91/0;x&fermes=%E0%A4%A&places=west:-3,west:2.5&routes=a,999999;secondary:10;moon:900');
  await settle(page);
  await answered();
  await checkTable(page, bike, 1);
  assert.equal(await page.locator('.trial [role=alert]').count(), 0);
  assert.equal(await page.locator('.try').count(), 0);
  await page.close();
});

step('slows a class of roads by one slide, which one undo takes back', async () => {
  page = await open(desk, '#mode=bike&within=20&map=12.00/47.6000/-0.3600');
  await settle(page);
  await page.getByText('Vitesses', { exact: true }).click();
  const slider = page.getByLabel('Routes secondaires');
  await slider.waitFor();
  assert.deepEqual(await page.$$eval('.speeds label', (all) => all.map((e) => e.textContent)), ['Routes secondaires'], 'the street has no other roads');
  const rail = await slider.boundingBox();
  const at = (share) => [rail.x + 11 + (rail.width - 22) * share, rail.y + rail.height / 2];
  await page.mouse.move(...at(50 / 70)); // 100 %
  await page.mouse.down();
  for (let k = 1; k <= 20; k++) await page.mouse.move(...at((50 / 70) * (1 - k / 20)));
  await page.mouse.up();
  await inAddress('routes', ';secondary:500');
  assert.equal(spaces(await page.textContent('.speeds output')), '−50 %');
  assert.equal(await slider.getAttribute('aria-valuetext').then(spaces), '−50 %');
  // Everyone lives on the street: at half the speed, 20 minutes lead as far as 10 did.
  const gain = await checkTrial(bike, 2, 0);
  const { territory: row } = await api('/api/v1/coverage', bike);
  assert.equal(gain, row.covered[0] - row.covered[2]);
  assert.ok(gain < 0);
  await accessible(page, 'speeds');
  await page.locator('.maplibregl-canvas').focus();
  await page.keyboard.press('Enter'); // the way from the middle of the map
  await page.waitForSelector('.route');
  assert.match(await page.textContent('.route .warn'), /ne tient pas compte/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'English' }).click();
  assert.equal(await page.textContent('.speeds').then(spaces), 'Secondary roads  −50%');
  assert.match(await page.textContent('.gain'), /^−\d+ children under 3 within 20 min$/);
  await page.getByRole('button', { name: 'Français' }).click();
  await button('Annuler').click();
  await inAddress('routes', null);
  await checkTable(page, bike, 2);
  assert.equal(await page.textContent('.speeds output'), 'inchangée');
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  await inAddress('routes', ';secondary:1050');
  assert.equal(spaces(await page.textContent('.speeds output')), '+5 %');
  await page.close();
});

step('closes the only road, and says that nobody gets anywhere', async () => {
  page = await open(desk, '#mode=bike&map=12.00/47.6000/-0.3400');
  await settle(page);
  await button('Fermer une route').click();
  await page.waitForSelector('.picker');
  await accessible(page, 'choosing a road');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.picker', { state: 'detached' });
  const box = await page.locator('.map .canvas').boundingBox();
  const [tape, dotted] = ['rgb(255, 210, 77)', 'rgb(239, 233, 221)'];
  const before = await pixels(page, [tape, dotted]);
  await button('Fermer une route').click();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await inAddress('routes', '1');
  assert.equal(await page.locator('.picker').count(), 0, 'one click, one road');
  await checkTrial(bike, 1, 0);
  assert.equal(spaces(await page.textContent('.big')), '0 %');
  assert.match(await page.textContent('.roadwork > ul li'), /^D 1\s*Rouvrir$/);
  assert.match(await page.locator('.places li').filter({ hasText: 'Ouest' }).textContent(), /trop loin de toute route/);
  await settle(page);
  const after = await pixels(page, [tape, dotted]);
  assert.equal(before[tape].n, 0);
  assert.ok(after[tape].n > 500, 'the road is marked');
  assert.ok(after[dotted].n > before[dotted].n + 500, 'the cells along it are far from any road');
  await picture(page, 'road');
  await button('Fermer une route').click();
  await button('La route au centre').click();
  await page.waitForSelector('.roadwork [role=status]');
  assert.match(await page.textContent('.roadwork [role=status]'), /Aucune route ouverte/);
  await button('Rouvrir D 1').click();
  await inAddress('routes', null);
  await checkTable(page, bike, 1);
  await settle(page);
  assert.deepEqual(await pixels(page, [tape, dotted]), before);
  await button('Annuler').click();
  await inAddress('routes', '1');
  await checkTrial(bike, 1, 0);
  await page.close();
});

step('on a real network, closes roads by mouse, finger and keyboard, and the link tells them', async () => {
  const question = { service: 'france_services', mode: 'car' };
  const roads = await api('/api/v1/roads', undefined, country);
  // The numbered road nearest to the middle of the territory, in the middle of its longest straight piece: away from others.
  const [w, south, e, n] = (await api('/api/v1/territory', undefined, country)).bbox;
  const far = ([x, y]) => Math.hypot(x - (w + e) / 2, y - (south + n) / 2);
  const pieces = roads.features.filter((f) => f.properties.class === 'secondary' && f.properties.ref)
    .flatMap((f) => (f.geometry.type === 'LineString' ? [f.geometry.coordinates] : f.geometry.coordinates).map((line) => {
      const spans = line.slice(1).map((p, k) => ({ length: Math.hypot(p[0] - line[k][0], p[1] - line[k][1]), at: [0, 1].map((i) => (p[i] + line[k][i]) / 2) }));
      return { ref: f.properties.ref, at: spans.reduce((best, x) => (x.length > best.length ? x : best)).at };
    }));
  const { ref, at: [lon, lat] } = pieces.reduce((best, x) => (far(x.at) < far(best.at) ? x : best));
  page = await open(desk, `#service=france_services&mode=car&within=20&map=13.00/${lat.toFixed(4)}/${lon.toFixed(4)}`, '/', country);
  await settle(page);
  await button('Fermer une route').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.maplibregl-canvas')), 'the arrows move the map');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.roadwork > ul li');
  assert.ok(await page.evaluate(() => document.activeElement.closest('.roadwork')), 'the focus is back in the panel');
  const first = await checkTrial(question, 1, 0, 'fr', country);
  assert.ok(first <= 0, 'closing a road serves nobody more');
  assert.equal(trial().roads.length, 1);
  assert.ok((await page.textContent('.roadwork > ul li')).includes(ref), await page.textContent('.roadwork > ul li'));
  const box = await page.locator('.map .canvas').boundingBox();
  await button('Fermer une route').click();
  await page.mouse.click(box.x + 300, box.y + 500);
  await page.waitForFunction(() => document.querySelectorAll('.roadwork > ul li').length === 2);
  const second = await checkTrial(question, 1, 0, 'fr', country);
  assert.ok(second <= first);
  await page.getByText('Vitesses', { exact: true }).click();
  await page.getByLabel('Routes tertiaires').fill('70');
  await page.waitForFunction(() => location.hash.includes('tertiary:700'));
  const third = await checkTrial(question, 1, 0, 'fr', country);
  assert.ok(third < second, 'slower roads serve fewer people here');
  await settle(page);
  await picture(page, 'roads');
  const { hash } = new URL(page.url());
  const names = await page.$$eval('.roadwork > ul li', (all) => all.map((li) => li.textContent));
  await page.close();

  page = await open(desk, hash, '/', country);
  await settle(page);
  await page.waitForSelector('.gain');
  assert.equal(await checkTrial(question, 1, 0, 'fr', country), third);
  assert.deepEqual(await page.$$eval('.roadwork > ul li', (all) => all.map((li) => li.textContent)), names);
  // On foot nobody uses a motorway: its speed waits for the car.
  await page.getByLabel('Autoroutes').fill('60');
  await page.waitForFunction(() => location.hash.includes('motorway:600'));
  await answered();
  const speeds = trial().speeds;
  await changing(page, () => page.getByText('À pied', { exact: true }).click());
  await page.waitForSelector('.gain');
  await answered();
  assert.equal(await page.locator('.trial [role=alert]').count(), 0);
  assert.equal(await page.getByLabel('Autoroutes').count(), 0);
  assert.deepEqual(trial().speeds, speeds);
  await changing(page, () => page.getByText('Voiture', { exact: true }).click());
  await page.waitForSelector('.gain');
  await checkTrial(question, 1, 0, 'fr', country);
  await page.close();
});

step('asks any other analysis, and shows it on the map, in tables and in the link', async () => {
  page = await open(desk, '#mode=bike');
  await settle(page);
  const asked = () => new URLSearchParams(new URL(page.url()).hash.slice(1));
  const done = () => page.waitForFunction(() => document.querySelector('.found')?.getAttribute('aria-busy') === 'false');
  await page.locator('.others > summary').focus();
  await page.keyboard.press('Enter');
  await page.locator('#measure').selectOption('referral');
  assert.equal(await page.locator('#p-mode').inputValue(), 'bike', 'the page’s own mode');
  await page.locator('#p-second').selectOption('creche');
  const within = page.getByLabel('Second accueil : à combien de temps');
  await within.fill('15');
  page.failuresExpected = true; // the browser reports every refused request
  await button('Calculer').click();
  await page.waitForSelector('.fault');
  page.failuresExpected = false;
  assert.match(await page.textContent('.fault'), /"15": want a duration/);
  assert.equal(await within.getAttribute('aria-invalid'), 'true');
  assert.ok(await within.evaluate((e) => e === document.activeElement && e.getAttribute('aria-describedby') === document.querySelector('.fault').id));
  assert.equal(asked().get('mesure'), null, 'what cannot be asked is no link');
  await accessible(page, 'a refused measure');

  const [greenest] = await swatches(page);
  await within.fill('15m');
  await within.press('Enter');
  await done();
  const want = await api('/api/v1/analyses/referral', { first: 'town_hall', second: 'creche', mode: 'bike', second_within: '15m' });
  // Names, then who is concerned, has both levels, the first, the second only, neither, the way between them, who cannot be sent on.
  const minutes = (s) => (s === null ? '–' : `${new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 }).format(s / 60)} min`);
  const rows = [...want.communes, want.territory].map((r) => [r.name.fr, ...[r.demand, r.both, r.first_only, r.second_only, r.neither].map((n) => whole(n, 'fr')), minutes(r.referral_seconds), whole(r.stranded, 'fr')]);
  assert.ok(want.territory.both > 0 && want.territory.both < want.territory.demand);
  const table = page.locator('.found table').filter({ hasText: 'Par commune' });
  assert.deepEqual((await table.locator('tbody tr').evaluateAll((all) => all.map((tr) => [...tr.children].map((c) => c.textContent)))).map((r) => r.map(spaces)), rows);
  assert.equal(await table.locator('tbody th[scope=row]').count(), rows.length);
  assert.match(await page.textContent('.found'), /Données modélisées/);
  const site = await page.locator('.found table').filter({ hasText: 'Premiers accueils' }).locator('tbody tr > *').allTextContents();
  assert.deepEqual([site[0], site.at(-1)], ['Mairie', 'Crèche <b>Ouest</b>'], 'facilities go by their names, which are no markup');

  // The legend is that of the classes, and their colours are on the map instead of the coverage's.
  assert.deepEqual(await page.$$eval('.maplegend li', (all) => all.map((e) => e.textContent)), ['les deux', 'le premier seulement', 'le second seulement', 'aucun']);
  const colours = await page.$$eval('.maplegend .swatch', (all) => all.map((e) => getComputedStyle(e).backgroundColor));
  await settle(page);
  const seen = await pixels(page, [...colours, greenest]);
  ['both', 'first_only', 'second_only', 'neither'].forEach((name, k) => assert.equal(seen[colours[k]].n > 100, want.cells.class.includes(name), `${name}: ${seen[colours[k]].n} pixels`));
  assert.equal(seen[greenest].n, 0, 'the coverage is hidden');
  const box = await page.locator('.map .canvas').boundingBox();
  await page.mouse.move(box.x + seen[colours[0]].x, box.y + seen[colours[0]].y);
  await page.waitForSelector('.tip dl');
  assert.match(await page.textContent('.tip'), /les deux/);
  await accessible(page, 'a measure');
  await picture(page, 'measure');

  const files = await page.$$eval('.files a', (all) => all.map((a) => a.href));
  assert.equal(files.length, 3);
  for (const href of files) assert.equal((await fetch(href)).status, 200, href);
  const { hash } = new URL(page.url());
  assert.deepEqual(Object.fromEntries([...asked()].filter(([k]) => k.startsWith('mesure'))),
    { mesure: 'referral', 'mesure.first': 'town_hall', 'mesure.second': 'creche', 'mesure.mode': 'bike', 'mesure.second_within': '15m', 'mesure.statuses': 'existing' });
  const figures = await page.textContent('.found');
  await page.locator('.others > summary').click();
  await page.waitForFunction(() => !location.hash.includes('mesure') && !document.querySelector('.maplegend')?.textContent.includes('les deux'));
  await settle(page);
  assert.ok((await pixels(page, [greenest]))[greenest].n > 100, 'the coverage is back');
  await page.close();

  page = await open(phone, hash);
  await page.waitForSelector('.found');
  await done();
  await settle(page);
  assert.equal(await page.textContent('.found'), figures, 'a link asks the same');
  assert.equal(new URL(page.url()).hash, hash);
  assert.equal(await page.getByLabel('Second accueil : à combien de temps').inputValue(), '15m');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  await page.getByRole('button', { name: 'English' }).click();
  assert.match(await page.textContent('.found'), /Two levels: .*By commune/s);
  await accessible(page, 'a measure on a phone');
  await picture(page, 'phone-measure');
  await page.close();
});

step('stops an answer that takes long', async () => {
  page = await open(desk);
  await settle(page);
  await page.route('**/api/v1/analyses/itinerant?*', () => {}); // never answered
  await page.locator('.others > summary').click();
  await page.locator('#measure').selectOption('itinerant');
  await button('Calculer').click();
  assert.match(await page.textContent('.others .state'), /en cours/);
  const gone = page.waitForEvent('requestfailed', (r) => r.url().includes('/analyses/itinerant'));
  await button('Arrêter').click();
  await gone;
  assert.equal(await page.textContent('.others .state'), '');
  assert.equal(await page.locator('.others [role=alert]').count(), 0);
  assert.ok(await button('Calculer').isEnabled());
  await page.close();
});

// What the page says of scenarios and best places, from the same rules in i18n.ts.
const amount = (n, lang = 'fr') => spaces(new Intl.NumberFormat(lang === 'fr' ? 'fr-FR' : 'en-GB', { maximumFractionDigits: Math.abs(n) < 10 ? 1 : 0 }).format(n));
const signed = (n) => (n > 0 ? '+' : n < 0 ? '−' : '') + amount(Math.abs(n));
const millionths = (n) => Math.round(n * 1e6);
const opens = (facility) => ({ changes: [{ open: { facility } }] });
const creates = (at) => ({ changes: [{ create: { id: 'x', service: 'creche', at } }] });
const compare = (...scenarios) => api('/api/v1/analyses/compare', { ...bike, within: ['10m'], draws: 0, scenarios });
const placeOf = async (id) => (await api('/api/v1/facilities')).features.find((f) => f.id === id).geometry.coordinates.map((n) => Number(n.toFixed(5)));

/** Sentence, legend and communes say what the API says of the second scenario against the first. */
async function checkCompared(want) {
  await page.waitForFunction((net) => document.querySelector('.compared')?.getAttribute('aria-busy') === 'false' && document.querySelector('.compared .gain').dataset.net === String(net), want.differences[0].territory.net[0]);
  const { territory: all, communes } = want.differences[0];
  const [net, gained, lost] = [all.net[0], all.gained[0], all.lost[0]];
  const words = (n, one, more) => `${amount(n)} ${n < 2 ? one : more}`;
  const sentence = `${signed(net)} enfants de moins de 3 ans à 10 min : ${words(gained, 'gagne', 'gagnent')}, ${words(lost, 'perd', 'perdent')}`;
  assert.equal(spaces(await page.textContent('.compared .gain')), sentence);
  const kinds = await page.$$eval('.parts li', (all) => all.map((li) => [li.dataset.kind, Number(li.dataset.n), li.querySelector('b').textContent]));
  assert.deepEqual(kinds.map(([k, n, text]) => [k, n, spaces(text)]), ['newly_covered', 'nearer', 'same', 'farther', 'no_longer_covered'].map((k) => [k, all[k], amount(all[k])]));
  assert.equal(kinds.reduce((sum, [, n]) => sum + millionths(n), 0), millionths(all.demand), 'all people are of one kind');
  const rows = await page.$$eval('[data-commune]', (all) => all.map((tr) => [tr.dataset.commune, ...[...tr.children].slice(1).map((c) => c.textContent), Number(tr.dataset.net)]));
  const changed = communes.filter((c) => c.gained[0] > 0 || c.lost[0] > 0);
  const byCode = (x, y) => x[0].localeCompare(y[0]);
  assert.deepEqual(rows.map((r) => r.map((v) => (typeof v === 'string' ? spaces(v) : v))).sort(byCode), changed.map((c) => [c.code, amount(c.gained[0]), amount(c.lost[0]), signed(c.net[0]), c.net[0]]).sort(byCode));
  assert.equal(rows.reduce((sum, r) => sum + millionths(r[4]), 0), millionths(net), 'communes add up');
  assert.deepEqual((await page.locator('.compared tfoot td').allTextContents()).map(spaces), [amount(gained), amount(lost), signed(net)]);
  const row = async (id) => (await page.locator(`[data-row=${id}] td`).allTextContents()).map(spaces);
  assert.deepEqual(await row('covered'), want.scenarios.map((s) => amount(s.territory.covered[0])));
  assert.deepEqual(await row('share'), want.scenarios.map((s) => percent(s.territory.share_percent[0], 'fr')));
  assert.deepEqual(await row('rank'), want.ranks[0].map(String));
}

step('compares what is tried with today, by a swipe and by who wins and loses', async () => {
  const east = await placeOf('east');
  page = await open(desk, `#mode=bike&within=10&try=${east[1]}/${east[0]}`);
  await settle(page);
  await page.waitForSelector('.trial .gain');
  await answered();
  await page.locator('.compare > summary').focus();
  await page.keyboard.press('Enter');
  const want = await compare({ changes: [] }, creates(east));
  await checkCompared(want);
  // The street is the same from both ends, and no home is near to both: as many are won in the east as there are in the west today.
  const { covered } = (await api('/api/v1/coverage', { ...bike, within: ['10m'] })).territory;
  assert.ok(covered[0] > 0);
  assert.equal(want.differences[0].territory.net[0], covered[0]);
  assert.deepEqual(await page.$$eval('#left, #right', (all) => all.map((e) => e.selectedOptions[0].textContent)), ['Aujourd’hui', 'L’essai en cours']);
  assert.deepEqual(await page.locator('.side').allTextContents(), ['Aujourd’hui', 'L’essai en cours']);

  // The nearest class: both ends in the right map, the western one in the left.
  const [greenest] = await swatches(page);
  const divider = page.getByRole('slider', { name: 'Rideau entre les deux cartes' });
  const green = async (key) => {
    await divider.focus();
    await page.keyboard.press(key);
    await settle(page);
    return (await pixels(page, [greenest]))[greenest].n;
  };
  const right = await green('Home');
  assert.equal(await divider.getAttribute('aria-valuenow'), '3');
  const left = await green('End');
  assert.equal(await divider.getAttribute('aria-valuenow'), '97');
  assert.ok(left > 100 && right > 1.6 * left && right < 2.4 * left, `${left} and ${right} pixels`);
  await divider.focus(); // what is hidden for a moment loses it
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => document.querySelector('.divider').getAttribute('aria-valuenow') === '92');
  assert.equal(spaces(await divider.getAttribute('aria-valuetext')), 'Aujourd’hui : 92 %, L’essai en cours : 8 %');
  const box = await page.locator('.map').boundingBox();
  const grip = await page.locator('.grip').boundingBox();
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 300, { steps: 5 });
  await page.mouse.up();
  assert.equal(await divider.getAttribute('aria-valuenow'), '50');
  assert.ok(await page.locator('.side.right').evaluate((e) => e.getBoundingClientRect().left > document.querySelector('.grip').getBoundingClientRect().left));
  await settle(page);
  await accessible(page, 'a swipe');
  await picture(page, 'swipe');
  // Both maps move together.
  await green('Home');
  const before = await pixels(page, [greenest]);
  await page.getByRole('button', { name: 'Zoomer', exact: true }).click();
  await page.waitForTimeout(600);
  await settle(page);
  assert.notEqual((await pixels(page, [greenest]))[greenest].n, before[greenest].n);
  // Each side tells of its own cells.
  await page.getByRole('button', { name: 'Tout le territoire' }).click();
  await page.waitForTimeout(1200);
  await settle(page);
  const seen = (await pixels(page, [greenest]))[greenest];
  await page.mouse.move(box.x + seen.x, box.y + seen.y);
  await page.waitForSelector('.tip strong');
  assert.doesNotMatch(await page.textContent('.tip'), /Un clic/);

  await page.locator('.compare').getByText('Différence', { exact: true }).click();
  await page.waitForSelector('.divider', { state: 'detached' });
  await settle(page);
  assert.deepEqual(await page.$$eval('.maplegend li', (all) => all.map((e) => e.textContent)), ['désormais desservi', 'plus près', 'sans changement', 'plus loin', 'n\'est plus desservi', 'lieu ouvert', 'lieu nouveau']);
  const colours = await page.$$eval('.parts .swatch', (all) => all.map((e) => getComputedStyle(e).backgroundColor));
  const drawn = await pixels(page, [...colours, greenest]);
  const { kind } = want.cells.changes[0];
  ['newly_covered', 'nearer', 'same', 'farther', 'no_longer_covered'].forEach((k, i) => assert.equal(drawn[colours[i]].n > 100, kind.includes(k), `${k}: ${drawn[colours[i]].n} pixels`));
  assert.equal(drawn[greenest].n, 0, 'the coverage is hidden');
  await picture(page, 'difference');

  await page.getByLabel('Éprouver le classement').check();
  await page.waitForSelector('.verdict');
  const sure = await api('/api/v1/analyses/compare', { ...bike, within: ['10m'], draws: 200, scenarios: [{ changes: [] }, creates(east)] });
  assert.equal(Number(await page.getAttribute('.verdict', 'data-holds')), sure.verdict[0].holds_percent);
  assert.ok(spaces(await page.textContent('.verdict')).startsWith(`Ce classement tient dans ${percent(sure.verdict[0].holds_percent, 'fr')} des tirages.`));
  await accessible(page, 'a difference');

  // Kept under a name, it stays when the trial is put back.
  await page.locator('.trial').getByRole('button', { name: 'Garder comme scénario' }).click();
  assert.ok(await page.evaluate(() => document.activeElement.id === 'keep-name'));
  await page.keyboard.type('Une crèche à l’est, <b>là</b>');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('comparer=0,1,difference,tirages'));
  const kept = JSON.parse(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('scenario'));
  assert.deepEqual(kept, { changes: [{ create: { id: 'essai-1', service: 'creche', at: east, name: 'Essai 1' } }], name: { fr: 'Une crèche à l’est, <b>là</b>' } });
  await button('Tout remettre').click();
  await page.waitForFunction(() => !location.hash.includes('try='));
  await checkCompared(want);
  assert.deepEqual(await page.$$eval('#right option', (all) => all.map((e) => e.textContent)), ['Aujourd’hui', 'Une crèche à l’est, <b>là</b>']);
  await button('Échanger les côtés').click();
  await page.waitForFunction(() => location.hash.includes('comparer=1,0,'));
  await checkCompared(await compare(creates(east), { changes: [] }));
  const { hash } = new URL(page.url());
  const figures = await page.textContent('.compared');
  await page.close();

  page = await open(phone, hash.replace(',difference', ''));
  await settle(page);
  await page.waitForSelector('.divider');
  await page.waitForSelector('.verdict');
  assert.equal(await page.textContent('.compared'), figures, 'a link compares the same');
  await page.evaluate(() => scrollTo(0, 0));
  const [handle, screen] = [await page.locator('.grip').boundingBox(), await page.locator('.map').boundingBox()];
  assert.ok(handle.y > screen.y && handle.y + handle.height < screen.y + screen.height && handle.width >= 24);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  await picture(page, 'phone-swipe');
  await page.getByRole('button', { name: 'English' }).click();
  await page.waitForFunction(() => /lose$/.test(document.querySelector('.compared .gain')?.textContent ?? ''));
  await accessible(page, 'a swipe on a phone');
  await page.locator('.compared').scrollIntoViewIfNeeded();
  await picture(page, 'phone-compared');
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.emulateMedia({ media: 'print' });
  assert.ok((await page.getAttribute('img.printed', 'src')).length > 5000, 'both maps are on paper');
  assert.equal(await page.isVisible('.pair'), false);
  assert.ok(await page.isVisible('.compared'));
  await page.close();
});

step('compares a link’s trial before anything else is known of it', async () => {
  page = await open(desk, '#mode=bike&within=10&fermes=west,nobody&comparer=0,essai');
  await settle(page);
  await checkCompared(await compare({ changes: [] }, { changes: [{ close: { facility: 'west' } }] }));
  assert.ok(new URL(page.url()).hash.includes('comparer=0,essai'));
  await page.close();
});

step('takes scenarios from files, and says what is wrong with one', async () => {
  page = await open(desk, '#mode=bike&within=10');
  await settle(page);
  await page.locator('.compare > summary').click();
  assert.match(await page.textContent('.compare .empty'), /Rien à comparer encore/);
  await accessible(page, 'nothing to compare');
  const file = page.locator('.drop input');
  const text = (name, body) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(body) });
  page.failuresExpected = true; // the browser reports every refused request
  await file.setInputFiles([text('faux.yaml', 'changes:\n  - opens: {facility: east}\n'), text('est.yaml', '# no name\nchanges:\n  - open: {facility: east}\n')]);
  await page.waitForSelector('.compare .warn');
  assert.match(await page.textContent('.compare .warn'), /faux\.yaml.*line 2: changes\[0\]: unknown field "opens"/s);
  await checkCompared(await compare({ changes: [] }, opens('east')));
  assert.deepEqual(await page.$$eval('#right option', (all) => all.map((e) => e.textContent)), ['Aujourd’hui', 'est'], 'a file goes by its name');

  // What the territory has not is found when it is compared.
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['{"name": "Nulle part", "changes": [{"close": {"facility": "nowhere"}}]}'], 'ailleurs.json'));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(() => document.querySelector('.compare .warn')?.textContent.includes('nowhere'));
  assert.equal(await page.locator('.compared').count(), 0, 'no figures of what cannot be');
  page.failuresExpected = false;
  await accessible(page, 'a scenario that cannot be');
  await button('Retirer le scénario Nulle part').click();
  assert.ok(await page.evaluate(() => document.activeElement.matches('.compare > summary')));
  await checkCompared(await compare({ changes: [] }, opens('east')));
  await button('Retirer le scénario est').click();
  await page.waitForSelector('.compare .empty');
  await page.waitForFunction(() => !location.hash.includes('scenario') && !location.hash.includes('comparer'));
  await page.close();
});

step('proposes the best place with its proof, and the price of another', async () => {
  page = await open(desk, '#mode=bike&within=10');
  await settle(page);
  const done = () => page.waitForFunction(() => document.querySelector('.proposed')?.getAttribute('aria-busy') === 'false');
  await page.locator('.sites > summary').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#site-model').evaluate((e) => e.selectedOptions[0].textContent), 'Le plus de personnes à 10 min');
  const search = '**/api/v1/analyses/site/stream?*';
  await page.route(search, () => {}); // never answered
  await button('Chercher').click();
  assert.match(await page.textContent('.sites .state'), /Recherche et preuve en cours/);
  const gone = page.waitForEvent('requestfailed', (r) => r.url().includes('/analyses/site/stream'));
  await button('Arrêter').click();
  await gone;
  assert.equal(await page.locator('.sites [role=alert]').count(), 0);
  await page.unroute(search);
  await page.route(search, (route) => route.fulfill({ contentType: 'text/event-stream', body: 'event: problem\ndata: {"status":500,"detail":"broken"}\n\n' }));
  await button('Chercher').click();
  await page.waitForSelector('.sites [role=alert]');
  assert.match(await page.textContent('.sites [role=alert]'), /broken/);
  await page.unroute(search);

  await button('Chercher').click();
  await done();
  const want = await api('/api/v1/analyses/site', { ...bike, within: '10m', p: 1, losses: true });
  // Only the nursery that is planned in the east and the town hall, nearer to the one there is, can be chosen: by hand, what a coverage says of each.
  const covered = async (scenario) => (await api('/api/v1/analyses/coverage', { ...bike, within: ['10m'], scenario })).territory.covered[0];
  const hall = await placeOf('hall');
  const [now, best, other] = [await covered({ changes: [] }), await covered(opens('east')), await covered(creates(hall))];
  assert.ok(best > other && other > now);
  assert.deepEqual([want.objective, want.status, want.gap], [best, 'optimal', 0]);
  assert.equal(await page.textContent('.proposed .gain'), 'Ouvrir : Crèche Est');
  assert.equal(spaces(await page.textContent('.proposed .gain + p')), `${signed(best - now)} personnes à 10 min (de ${amount(now)} à ${amount(best)}).`);
  assert.match(await page.textContent('.proof'), /^Optimum prouvé/);
  const rows = await page.$$eval('[data-site]', (all) => all.map((tr) => [tr.dataset.site, Number(tr.dataset.loss), tr.children[1].textContent]));
  assert.deepEqual(rows.map((r) => [r[0], r[1], spaces(r[2])]), [['east', 0, 'proposé'], ['hall', best - other, `−${amount(best - other)} personnes`]]);
  assert.deepEqual(want.losses.map((l) => [l.id, l.loss]).sort(), rows.map((r) => [r[0], r[1]]).sort());
  await settle(page);
  const colours = await page.$$eval('.maplegend .swatch', (all) => all.slice(0, 2).map((e) => getComputedStyle(e).backgroundColor));
  const drawn = await pixels(page, colours);
  for (const c of colours) assert.ok(drawn[c].n > 100, `${c}: ${drawn[c].n} pixels`);
  await accessible(page, 'a proposal');

  await page.locator('[data-site=hall] button').focus();
  await page.keyboard.press('Enter');
  assert.equal(spaces(await page.textContent('.price b')), `Choisir Mairie plutôt que Crèche Est : ${amount(best - other)} personnes de moins`);
  await page.waitForSelector('.tip p');
  assert.equal(spaces(await page.textContent('.tip')), `MairieChoisir Mairie plutôt que Crèche Est : ${amount(best - other)} personnes de moins`, 'on the map too');
  await page.waitForTimeout(1200);
  await settle(page);
  await accessible(page, 'the price of another place');
  await picture(page, 'sites');
  const { hash } = new URL(page.url());
  assert.ok(hash.includes('ouvrir=1,mclp,usual'));
  await button('Essayer ici : Mairie').click();
  await page.waitForSelector('.trial .gain');
  await answered();
  assert.deepEqual(tried(), [hall]);
  assert.equal(Number(await page.getAttribute('.trial .gain', 'data-gain')), other - now);
  const [greenest] = await swatches(page);
  await settle(page);
  assert.ok((await pixels(page, [greenest]))[greenest].n > 100, 'the map shows the trial');
  await button('Revoir la proposition').click();
  await page.waitForFunction(() => document.querySelector('.maplegend')?.textContent.includes('grâce au plan'));
  // Another question has another answer.
  await changing(page, () => page.locator('#minutes').fill('15'));
  await page.waitForSelector('.proposed .empty');
  await page.close();

  page = await open(phone, hash);
  await settle(page);
  await done();
  assert.equal(await page.textContent('.proposed .gain'), 'Ouvrir : Crèche Est');
  assert.equal(new URL(page.url()).hash.includes('ouvrir=1,mclp,usual'), true);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  await page.getByRole('button', { name: 'English' }).click();
  assert.match(await page.textContent('.proof'), /^Proven optimum/);
  await accessible(page, 'a proposal on a phone');
  await picture(page, 'phone-sites');
  await page.close();
});

step('on a real network, proposes several places by each model, and says what they are worth', async () => {
  const question = { service: 'creche', mode: 'bike', within: '15m', p: 2, losses: true };
  for (const model of ['mclp', 'p-median', 'p-center']) {
    page = await open(desk, `#service=creche&mode=bike&within=15&ouvrir=2,${model},usual`, '/', country);
    await page.waitForSelector('.proposed .gain');
    const want = await api('/api/v1/analyses/site', { ...question, model }, country);
    const plan = want.places.filter((p) => !p.existing);
    assert.equal(await page.getAttribute('.proposed .gain', 'data-plan'), plan.map((p) => p.id).join(' '));
    for (const p of plan) assert.ok((await page.textContent('.proposed .gain')).includes(p.name));
    assert.equal(await page.getAttribute('.proof', 'data-status'), want.status);
    const shown = await page.$$eval('[data-site]', (all) => all.map((tr) => [tr.dataset.site, tr.dataset.loss]));
    assert.deepEqual(shown.sort(), want.losses.map((l) => [l.id, String(l.loss)]).sort(), model);
    await settle(page);
    if (model === 'mclp') {
      await picture(page, 'sites-country');
      await button('Essayer ces lieux').click();
      await page.waitForFunction(() => document.querySelectorAll('.try').length === 2);
      await answered();
      assert.equal(Number(await page.getAttribute('.trial .gain', 'data-gain')).toFixed(6), (want.territory.after - want.territory.before).toFixed(6));
    }
    await page.close();
  }
});

step('plans a week of tours, keeps what is locked, and moves a visit by keyboard, by mouse and on the map', async () => {
  const vehicles = [{ id: 'minibus', name: 'Minibus', shifts: 'Mo-Fr 08:30-17:00' }];
  const link = (more) => '#service=france_services&mode=car&within=15&tournee=' + encodeURIComponent(JSON.stringify({ effort: 3, vehicles, ...more }));
  const params = { service: 'france_services', mode: 'car', within: '15m', weeks: 1, every_commune: true, effort: 3, vehicles: [{ ...vehicles[0], break: '45m 11:30-14:00' }] };
  const computed = () => page.waitForFunction(() => document.querySelector('.planned')?.getAttribute('aria-busy') === 'false');
  const seen = () => page.$$eval('.visit', (all) => all.map((e) => `${e.dataset.stop} ${e.dataset.when}`).sort());
  const written = (visits) => visits.map((v) => `${v.stop} ${v.day} ${v.from}-${v.to}`).sort();
  const asked = () => page.waitForRequest((r) => r.url().includes('/analyses/tours/stream'));
  const wordOf = (request, name) => JSON.parse(new URL(request.url()).searchParams.get(name));

  page = await open(desk, '#service=france_services&mode=car&within=15&tournee=%7B"weeks":3%7D', '/', country);
  await settle(page);
  assert.equal(await page.locator('.tour[open]').count(), 0, 'no such question');
  await page.locator('.tour > summary').click();
  const stream = '**/api/v1/analyses/tours/stream?*';
  await page.route(stream, () => {}); // never answered
  await page.locator('.tour [type=submit]').click();
  const gone = page.waitForEvent('requestfailed', (r) => r.url().includes('/analyses/tours/stream'));
  await page.locator('.tour').getByRole('button', { name: 'Arrêter' }).click();
  await gone;
  await page.unroute(stream);
  await page.locator('#tour-effort').selectOption('3');
  await page.locator('.tour [type=submit]').click();
  await computed();
  const want = await api('/api/v1/analyses/tours', params, country);
  assert.ok(want.visits.length >= 12, 'a week has visits in most communes');
  assert.deepEqual(await seen(), written(want.visits));
  assert.equal(await page.getAttribute('.planned .gain', 'data-worth'), String(want.worth_person_hours));
  assert.equal(await page.locator('.tourstop').count(), want.stops.length, 'every stop is on the map');
  assert.equal(await page.locator('.tourstop.visited').count(), want.stops.filter((s) => s.visits > 0).length);
  assert.deepEqual(JSON.parse(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('tournee')), { weeks: 1, every_commune: true, effort: 3, vehicles, stops: [], lock: [] });
  await settle(page);
  const minibus = 'rgb(0, 114, 178)';
  const ways = (await pixels(page, [minibus]))[minibus].n;
  assert.ok(ways > 200, 'its ways are drawn');
  await accessible(page, 'a week of tours');
  await page.locator('.calendar').scrollIntoViewIfNeeded();
  await picture(page, 'week');

  // A block and its stop on the map are marked together; a day's ways stand out.
  const [first] = want.visits;
  const block = (v) => page.locator(`.visit[data-stop="${v.stop}"]`).first();
  await block(first).locator('.move').focus();
  assert.ok(await page.locator(`.tourstop.hot[data-stop="${first.stop}"]`).count());
  const last = want.visits.findLast((v) => v.day === 'We');
  await page.locator(`.tourstop[data-stop="${last.stop}"]`).focus();
  assert.ok(await page.locator(`.visit.hot[data-stop="${last.stop}"]`).count());
  await page.keyboard.press('Enter');
  const row = want.stops.find((s) => s.id === last.stop);
  assert.equal(await page.textContent('.stopcard h3'), row.name);
  assert.ok(spaces(await page.textContent('.stopcard')).includes(`${whole(row.reach, 'fr')} personnes à portée`));
  await page.getByRole('button', { name: 'mer. ses trajets sur la carte' }).click();
  await settle(page);
  const onDay = (await pixels(page, [minibus]))[minibus].n;
  assert.ok(onDay > 100 && onDay < ways / 2, `the ways of other days are faint: ${onDay} of ${ways} pixels`);

  // One is locked where it is, another is moved by the keyboard: half an hour earlier.
  await block(first).locator('.lock').focus();
  await page.keyboard.press('Space');
  assert.equal(await block(first).locator('.lock').getAttribute('aria-pressed'), 'true');
  const clock = (t, by) => { const n = Number(t.slice(0, 2)) * 60 + Number(t.slice(3)) + by; return [Math.floor(n / 60), n % 60].map((x) => String(x).padStart(2, '0')).join(':'); };
  const put = { ...last, from: clock(last.from, -30), to: clock(last.to, -30) };
  await block(last).locator('.move').focus();
  await page.keyboard.press('ArrowUp');
  assert.equal(await block(last).getAttribute('data-when'), `We ${put.from}-${put.to}`);
  assert.ok(await page.evaluate((stop) => document.activeElement.closest('.visit')?.dataset.stop === stop, last.stop), 'it keeps the focus');
  assert.equal(await block(last).locator('.lock').getAttribute('aria-pressed'), 'true');
  assert.match(await page.textContent('.tour .state'), /: verrouillé\.$/);
  let request = asked();
  await page.getByRole('button', { name: 'Recalculer' }).click();
  const held = wordOf(await request, 'lock');
  assert.deepEqual(written(held), written([first, put]));
  const begun = wordOf(await request, 'start');
  assert.deepEqual(written(begun), written([...want.visits.filter((v) => v.day !== 'We'), put]), 'the search begins with all that still fits');
  await computed();
  assert.equal(await page.locator('.tour [role=alert]').count(), 0);
  const again = await api('/api/v1/analyses/tours', { ...params, lock: held, start: begun }, country);
  assert.deepEqual(await seen(), written(again.visits));
  for (const v of written([first, put])) assert.ok((await seen()).includes(v), `${v} stays`);
  assert.equal(await page.locator('.visit.locked').count(), 2);
  await accessible(page, 'a week with locks');
  await page.locator('.stopcard').scrollIntoViewIfNeeded();
  await picture(page, 'week-locked');
  const { hash } = new URL(page.url());

  // By the mouse, to where it cannot be: over another. The server says why, and the week stays.
  const other = again.visits.find((v) => v.day === first.day && v.stop !== first.stop);
  const from = await block(other).locator('.move').boundingBox(), to = await block(first).locator('.move').boundingBox();
  await page.mouse.move(from.x + 10, from.y + from.height - 5);
  await page.mouse.down();
  await page.mouse.move(to.x + 10, to.y + from.height - 5, { steps: 4 });
  await page.mouse.up();
  assert.ok((await block(other).getAttribute('data-when')).startsWith(`${first.day} ${first.from}-`), 'it snaps to the hour of the other');
  const byHand = await seen();
  await page.getByRole('button', { name: 'Recalculer' }).click();
  await page.waitForSelector('.tour [role=alert]');
  assert.match(await page.textContent('.tour [role=alert]'), /cannot be kept together/);
  assert.deepEqual(await seen(), byHand);
  await page.getByRole('button', { name: 'Revenir à la semaine calculée' }).click();
  assert.deepEqual(await seen(), written(again.visits));

  // A stop is dragged on the map, and the week is searched again.
  await page.locator('.planned .stopcard').waitFor();
  const far = again.stops.find((s) => s.visits > 0 && s.id !== first.stop && s.id !== last.stop);
  const pin = page.locator(`.tourstop[data-stop="${far.id}"]`);
  const spot = await pin.boundingBox();
  request = asked();
  await page.mouse.move(spot.x + 9, spot.y + 9);
  await page.mouse.down();
  await page.mouse.move(spot.x + 20, spot.y + 15, { steps: 3 });
  await page.mouse.up();
  const [stop] = wordOf(await request, 'stops');
  assert.equal(stop.id, far.id);
  assert.ok(stop.lon > far.at[0] && stop.lat < far.at[1], 'to the right and down: east and south');
  await computed();
  assert.equal(await page.getAttribute('.stopcard', 'data-stop'), far.id);
  await page.getByRole('button', { name: 'Remettre à sa place' }).click();
  await page.waitForFunction(() => !location.hash.includes('lon'));
  await page.close();

  page = await open(phone, hash + '&lang=en', '/', country);
  await settle(page);
  await computed();
  for (const v of written([first, put])) assert.ok((await seen()).includes(v), `${v} is in the link`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  await accessible(page, 'a week of tours on a phone');
  await page.locator('.calendar').scrollIntoViewIfNeeded();
  await picture(page, 'phone-week');
  await page.close();

  const two = [...vehicles, { id: 'minibus-2', name: 'Minibus 2', shifts: 'Tu-Sa 09:00-16:00' }];
  page = await open(desk, link({ weeks: 2, every_commune: false, vehicles: two }), '/', country);
  await settle(page);
  await computed();
  assert.equal(await page.locator('.calendar').count(), 2);
  assert.equal(await page.locator('.calendar').first().locator('.dayheads button').count(), 6, 'Saturday too');
  await page.locator('.calendar').last().scrollIntoViewIfNeeded();
  await accessible(page, 'two weeks');
  assert.ok((await page.locator('.visit').first().boundingBox()).width > 50, 'a name has room');
  await picture(page, 'weeks');
  await page.close();
});

step('fits a phone, with a trial', async () => {
  page = await open(phone, '#service=france_services&mode=car&within=20', '/', country);
  await settle(page);
  await button('Fermer une route').click();
  await page.waitForSelector('.picker');
  const banner = await page.locator('.picker').boundingBox();
  assert.ok(banner.y >= 0 && banner.y + banner.height < phone.height / 2, 'it is on the screen, over the map');
  await picture(page, 'phone-picking');
  const box = await page.locator('.map .canvas').boundingBox();
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForSelector('.roadwork > ul li');
  await page.locator('.places summary').click();
  await page.locator('.places li').filter({ hasText: 'Ouvert' }).getByRole('button').first().click();
  await page.waitForSelector('.place');
  const card = await page.locator('.place').boundingBox();
  assert.ok(card.y >= 0 && card.x >= 0 && card.x + card.width <= phone.width && card.y + card.height < phone.height / 2 + 20, 'the card is over the map');
  await button('Fermer ce lieu (essai)').click();
  await page.waitForFunction(() => location.hash.includes('fermes='));
  await checkTrial({ service: 'france_services', mode: 'car' }, 1, 0, 'fr', country);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen');
  await accessible(page, 'a trial on a phone');
  await settle(page);
  await picture(page, 'phone-place');
  await page.locator('.trial').first().scrollIntoViewIfNeeded();
  await picture(page, 'phone-trial');
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

const taken = steps.filter(([name]) => name.includes(only));
let failed = 0;
for (const [name, run] of taken) {
  const begun = Date.now();
  try {
    await run();
    console.log(`ok ${name} (${Math.round((Date.now() - begun) / 1000)} s)`);
  } catch (error) {
    failed++;
    if (page && !page.isClosed()) await picture(page, 'failed').catch(() => {});
    console.error(`FAILED ${name}\n${error.stack ?? error}`);
  }
}
await browser.close();
console.log(`${taken.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
