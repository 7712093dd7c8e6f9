// The pages for school staff in a real browser: from the scans to the answers, each error, and what axe says.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { files, printedCode, sheet } from "./paper.mjs";
import { Server, batch, browser, examDay, token, violations } from "./stage.mjs";

const SECRET = "a secret of more than thirty-two characters";
let open, closed, chrome, day;
const pt = { locale: "pt-BR", viewport: { width: 1280, height: 800 } };

before(async () => {
  [open, closed, chrome] = await Promise.all([
    Server.start(),
    Server.start({ GABARITO_AUTH_HANDOVER_SECRET: SECRET, GABARITO_AUTH_BASIC: "maria:segredo da escola" }),
    browser(),
  ]);
  day = await examDay(open);
}, { timeout: 240_000 });
after(async () => {
  await chrome?.close();
  open?.stop();
  closed?.stop();
});

/** A page whose scripts must not fail, and whose policy must forbid nothing that it needs. */
async function visit(options = {}) {
  const context = await chrome.newContext({ ...pt, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (e) => page.faults.push(String(e)));
  page.on("console", (m) => /Content Security Policy|Refused to/.test(m.text()) && page.faults.push(m.text()));
  return page;
}
async function leave(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test("the monolith hands somebody over, once", async () => {
  const page = await visit();
  await page.goto(`${closed.base}/lotes`);
  assert.match(page.url(), /\/entrar\?volta=/);
  const once = token(SECRET, {});
  await page.goto(`${closed.base}/entrar?volta=%2Flotes&token=${once}`);
  assert.equal(page.url(), `${closed.base}/lotes`);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.secure], [true, "Lax", false]);
  assert.equal(await page.locator(".who").textContent(), "secretaria-1");
  await page.getByRole("button", { name: "Sair" }).click();
  assert.match(page.url(), /\/entrar/);
  for (const bad of [once, token(SECRET, { exp: 1 }), token("another secret of thirty-two characters", {})]) {
    const answer = await page.goto(`${closed.base}/entrar?token=${bad}`);
    assert.equal(answer.status(), 401);
    assert.match(await page.locator("[role=alert]").textContent(), /venceu ou já foi usado/);
  }
  assert.ok(!closed.log().includes(once), "a token is not logged");
  await leave(page);
});

test("the laptop's own user signs in; another site can't use the session", async () => {
  const page = await visit();
  await page.goto(`${closed.base}/lotes/novo`);
  const fill = async (password) => {
    await page.getByLabel("Usuário").fill("maria");
    await page.getByLabel("Senha").fill(password);
    await page.getByRole("button", { name: "Entrar" }).click();
  };
  await fill("errada");
  assert.match(await page.locator("[role=alert]").textContent(), /não conferem/);
  await fill("segredo da escola");
  await page.waitForURL("**/lotes/novo");
  const [{ name, value }] = await page.context().cookies();
  const cookie = `${name}=${value}`;
  const post = (headers) => fetch(`${closed.base}/sair`, { method: "POST", redirect: "manual", headers: { cookie, ...headers } });
  assert.equal((await post({ origin: "https://evil.example" })).status, 403);
  assert.equal((await post({ "sec-fetch-site": "cross-site" })).status, 403);
  assert.equal((await post({})).status, 403);
  const api = (headers) => fetch(`${closed.base}/v1/batches`, { headers });
  assert.equal((await api({ cookie })).status, 200);
  assert.equal((await api({ cookie: `${name}=${value.slice(0, -3)}abc` })).status, 401);
  const left = await post({ "sec-fetch-site": "same-origin" });
  assert.deepEqual([left.status, left.headers.get("clear-site-data")], [303, '"cache", "storage"']);
  assert.equal((await api({ cookie })).status, 401, "a copy of the cookie is left too");
  await leave(page);
});

test("scans are sent, with what went wrong in plain words, and a reload loses nothing", async () => {
  const page = await visit();
  await page.goto(`${open.base}/`);
  await page.getByRole("link", { name: "Enviar digitalizações" }).first().click();
  const letter = join(open.data, "carta.docx"), nothing = join(open.data, "vazio.pdf");
  writeFileSync(letter, "x");
  writeFileSync(nothing, "");
  await page.locator("#files").setInputFiles([letter, nothing]);
  const row = (name) => page.locator("#list li", { hasText: name });
  await row("carta.docx").getByText("não é uma digitalização").waitFor();
  await row("vazio.pdf").getByText("está vazio").waitFor();
  for (const name of ["carta.docx", "vazio.pdf"]) await row(name).getByRole("button").click();
  // The connection breaks, the page is loaded again, and the files are still there.
  await page.context().route("**/pieces*", (route) => route.abort());
  await page.locator("#files").setInputFiles(day.scans);
  await page.getByText("Sem conexão").first().waitFor();
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await row("copiadora.pdf").waitFor();
  await page.context().unroute("**/pieces*");
  let sent = 0;
  page.on("request", (request) => { if (request.url().includes("/v1/uploads")) sent++; });
  await page.reload();
  // They wait for whoever chose them.
  await row("copiadora.pdf").getByText("Ainda não foi enviado inteiro").waitFor();
  assert.deepEqual([await page.locator("#list li").count(), sent], [day.scans.length, 0]);
  // No answer comes, and it is asked again: one batch.
  const batches = async () => (await open.json("GET", "/v1/batches?limit=1000")).items.length;
  const before = await batches();
  await page.context().route("**/v1/batches", async (route) => { await route.fetch(); await route.abort(); }, { times: 1 });
  await page.getByRole("button", { name: "Ler estas folhas" }).click();
  await page.waitForURL(/\/lotes\/[0-9a-f-]{36}/, { timeout: 60_000 });
  assert.equal(await batches(), before + 1);
  await page.locator(".badge.done").waitFor({ timeout: 120_000 });
  const id = page.url().split("/").pop().split("?")[0];
  const { outcomes, files } = await open.json("GET", `/v1/batches/${id}`);
  assert.equal(files.length, day.scans.length);
  for (const outcome of ["read", "blank", "foreign"]) {
    assert.equal(await page.locator(`.counts .${outcome} b`).textContent(), String(outcomes[outcome] ?? 0), outcome);
  }
  const thumb = page.locator(".thumbs img").first();
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 100, await thumb.elementHandle());
  await page.getByRole("link", { name: "não são nossas" }).click();
  await page.locator(".thumbs a").first().click();
  await page.getByRole("button", { name: "Descartar a página" }).click();
  await page.getByText("descartada", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Restaurar a página" }).click();
  await page.getByText("não é nossa").first().waitFor();
  assert.match(await page.locator("ul.card").last().textContent(), /local: .*descartada/);
  await leave(page);
});

test("a key gives grades, an annulment moves them, and they are downloaded", async () => {
  await batch(open, day.scans);
  const page = await visit();
  await page.goto(`${open.base}/aplicacoes/${day.application}`);
  await page.getByRole("link", { name: "Resultados" }).click();
  await page.getByText("Ainda não há gabarito").waitFor();
  await page.getByRole("link", { name: "Preencher o gabarito" }).click();
  // The table is of the questions that were printed; what is wrong is said at its question, and nothing typed is lost.
  const cell = (question, what) => page.getByLabel(`${question}: ${what}`, { exact: true });
  const key = JSON.parse(readFileSync(day.key, "utf8"));
  for (const { id, answer } of key.questions) await cell(id, "Resposta certa").fill(String(answer));
  for (const id of await page.locator(".key tbody th").allTextContents()) {
    if (!key.questions.some((q) => q.id === id)) await cell(id, "Regra").selectOption("fora");
  }
  await cell("m4", "Pontos").fill("dois");
  await page.getByLabel("Nota máxima").fill("10");
  const save = () => page.getByRole("button", { name: "Guardar e corrigir" }).click();
  await save();
  await page.getByText("m4: Os pontos não são um número que valha").waitFor();
  assert.equal(await cell("m4", "Pontos").getAttribute("aria-invalid"), "true");
  assert.equal(await cell("m3", "Resposta certa").inputValue(), "B");
  await cell("m4", "Pontos").fill("2");
  await save();
  assert.match(await page.getByRole("status").textContent(), /Gabarito guardado\. \d+ provas corrigidas\. Nenhuma nota mudou\./);
  const results = `/v1/applications/${day.application}/results`;
  const before = await open.json("GET", `${results}?outcome=graded`);
  assert.ok(before.items.length > 0);
  // One student's grade, question by question, with the page that it was read from.
  await page.goto(`${open.base}/aplicacoes/${day.application}/resultados?situacao=graded`);
  assert.equal(await page.locator("tbody tr").count(), Math.min(50, before.items.length));
  assert.equal(await page.locator(".counts .graded b").textContent(), String(before.items.length));
  await page.getByRole("button", { name: "Mostrar nomes" }).click();
  assert.ok(!page.url().includes("nome"));
  await page.locator("tbody a").first().click();
  await page.getByRole("cell", { name: "exact/1" }).first().waitFor();
  await page.locator("dl.facts a").first().click();
  await page.waitForURL(/\/lotes\/[0-9a-f-]{36}\/paginas\/\d+$/);
  // Annulled, some grades move; taken back, all are as before.
  const annul = async (effect) => {
    await page.goto(`${open.base}/aplicacoes/${day.application}/gabarito`);
    await cell("m3", "Anular").selectOption(effect);
    await cell("m3", "Motivo").fill(effect ? "duas alternativas certas" : "");
    await save();
    return page.getByRole("status").textContent();
  };
  assert.match(await annul("give_all"), /(1 nota mudou|\d+ notas mudaram)\./);
  const moved = await open.json("GET", `${results}?outcome=graded`);
  assert.notDeepEqual(moved.items.map((i) => i.points), before.items.map((i) => i.points));
  await annul("");
  const again = await open.json("GET", `${results}?outcome=graded`);
  assert.deepEqual(again.items.map((i) => i.points), before.items.map((i) => i.points));
  // An earlier revision is looked at, and put again.
  await page.getByRole("link", { name: "2", exact: true }).click();
  assert.equal(await cell("m3", "Anular").inputValue(), "give_all");
  await save();
  assert.equal((await open.json("GET", `/v1/applications/${day.application}/key`)).annulled[0].question, "m3");
  // Two people at once: the second is told, and keeps what was typed.
  await page.goto(`${open.base}/aplicacoes/${day.application}/gabarito`);
  await open.json("PUT", `/v1/applications/${day.application}/key`, key);
  await cell("n1", "Resposta certa").fill("A");
  await save();
  await page.getByText("Alguém guardou outro gabarito").waitFor();
  assert.equal(await cell("n1", "Resposta certa").inputValue(), "A");
  // As a file, filtered alike.
  await page.goto(`${open.base}/aplicacoes/${day.application}/resultados?situacao=graded`);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
  const lines = readFileSync(await file.path(), "utf8").trim().split(/\r?\n/);
  assert.equal(lines.length, 1 + (await open.json("GET", `${results}?outcome=graded`)).items.length);
  // The whole key, as JSON.
  await page.goto(`${open.base}/aplicacoes/${day.application}/gabarito`);
  await page.getByText("O gabarito inteiro, em JSON").first().click();
  await page.locator("#inteiro").fill('{"questions": [{"id": "m1"}]}');
  await page.getByRole("button", { name: "Guardar o JSON e corrigir" }).click();
  await page.getByText("questions[0].answer").waitFor();
  await leave(page);
});

test("a key is taken as a file, and what is wrong with it is told in Portuguese", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await page.goto(`${open.base}/aplicacoes/${day.application}/gabarito`);
  const send = async (text) => {
    await page.locator("#arquivo").setInputFiles({ name: "KEY.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await page.getByRole("button", { name: "Enviar o arquivo e corrigir" }).click();
  };
  const alert = () => page.getByRole("alert").textContent();
  await send('{"questions": [');
  assert.match(await alert(), /não é JSON: há um erro na linha 1, coluna 15/);
  await send('{"questions": [{"id": "m1", "answer": "A", "rule": "penalti/1"}]}');
  assert.match(await alert(), /questions\[0\]\.rule: “penalti\/1” não é uma regra; é esperada uma destas: exact\/1, /);
  await send(`\ufeff${readFileSync(day.key, "utf8")}`);
  assert.match(await page.getByRole("status").textContent(), /Gabarito guardado\./);
  await leave(page);
});

test("an exam of which only scans came has all its pages, and they say what is missing", async () => {
  const page = await visit();
  await page.goto(`${closed.base}/entrar?token=${token(SECRET, {})}`);
  const cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join("; ");
  const as = { cookie, "sec-fetch-site": "same-origin" };
  const form = new FormData();
  form.append("files", new Blob([readFileSync(day.scans.find((s) => s.endsWith(".jpg")))]), "foto.jpg");
  form.append("options", JSON.stringify({ application: "so-lida" }));
  const made = await closed.json("POST", "/v1/batches", form, as);
  while (["queued", "running"].includes((await closed.json("GET", `/v1/batches/${made.id}`, null, as)).state)) await new Promise((done) => setTimeout(done, 100));
  const exam = `${closed.base}/aplicacoes/so-lida`;
  const says = async (path, text) => {
    assert.equal((await page.goto(exam + path)).status(), 200, path);
    await page.getByText(text).first().waitFor();
    assert.deepEqual(await violations(page), [], path);
  };
  await says("", "só há o que foi lido");
  await says("/resultados", "Ainda não há gabarito");
  await says("/estatisticas", "Ainda não há gabarito");
  await says("/gabarito", "Não há questões para preencher");
  await page.locator("#arquivo").setInputFiles({ name: "KEY.json", mimeType: "application/json", buffer: Buffer.from('{"questions": [{"id": "q1", "answer": "A"}]}') });
  await page.getByRole("button", { name: "Enviar o arquivo e corrigir" }).click();
  assert.match(await page.getByRole("status").textContent(), /Gabarito guardado\. 0 provas corrigidas/);
  await says("/resultados", "Nada foi corrigido ainda");
  await says("/estatisticas", "Nenhuma prova lida ainda");
  await leave(page);
});

test("statistics are told in words and pictures", async () => {
  const page = await visit();
  await page.goto(`${open.base}/aplicacoes/${day.application}/estatisticas`);
  const histogram = page.getByAltText(/Histograma das notas/);
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 0, await histogram.elementHandle());
  await page.getByText("Questão m1", { exact: true }).click();
  const curve = page.getByAltText(/Questão m1: como os acertos crescem/);
  await page.waitForFunction((img) => img.complete && img.naturalWidth > 0, await curve.elementHandle());
  const { items, scores, reliability } = await open.json("GET", `/v1/applications/${day.application}/statistics`);
  assert.equal(await page.locator(".counts b").first().textContent(), String(scores.students));
  // Some have a page to come, or answers in doubt: it is of the others, and says so.
  assert.match(await page.locator(".counts b").last().textContent(), /^-?\d,\d\d$/);
  assert.equal(reliability.students < scores.students, await page.getByText(/Calculado com \d+ de \d+ estudantes/).isVisible());
  const facility = items.find((i) => i.question === "m1").facility;
  const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "m1", exact: true }) });
  assert.equal(await row.getByRole("cell").first().textContent(), `${Math.round(100 * facility)}%`);
  await leave(page);
});

test("doubtful answers are settled by keyboard, one after another", async (t) => {
  const { id } = await batch(open, [day.scans[0], day.scans[0], day.scans[0]], { policy: { least_confidence: 0.9999 } });
  const page = await visit();
  await page.goto(`${open.base}/lotes/${id}/revisao?tipo=respostas`);
  const left = () => page.locator("#left").getAttribute("data-left").then(Number);
  const key = () => page.locator("#item").getAttribute("data-key");
  const shown = (before) => page.waitForFunction((k) => {
    const item = document.getElementById("item");
    return item.dataset.key !== k && [...item.querySelectorAll(".crop img")].every((i) => i.complete && i.naturalWidth);
  }, before);
  await page.waitForSelector("#item[data-took]");
  const all = await left();
  assert.ok(all > 70, `${all} are in doubt`);
  // Skipped, decided, and taken back.
  const typed = () => page.evaluate(() => document.activeElement.tagName === "INPUT");
  const skip = async () => {
    const now = await key();
    if (await typed()) await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowRight");
    await shown(now);
  };
  do await skip(); while (!(await page.locator("[name=marca][value=C]").count()));
  const second = await key();
  await page.keyboard.press("c");
  await shown(second);
  await page.waitForSelector('#saving[data-waiting="0"]');
  const [n, field] = second.split("?campo=");
  const value = async () => (await open.json("GET", `/v1/batches/${id}/pages/${n}`)).fields.find((f) => f.id === decodeURIComponent(field));
  assert.deepEqual(await value().then((f) => [f.status, f.value]), ["answered", "C"]);
  // In a field that is typed into, the arrow is the field's.
  if (await typed()) await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((k) => document.getElementById("item").dataset.key === k, second);
  assert.equal((await value()).status, "doubtful");
  assert.equal(await left(), all);
  const settle = async (count, pause) => {
    const begun = Date.now(), took = [];
    for (let i = 0; i < count; i++) {
      await page.waitForTimeout(pause);
      const now = await key();
      await page.keyboard.press(await typed() ? "Enter" : i % 10 === 9 ? "0" : i % 10 === 8 ? "1" : "Enter");
      await shown(now);
      took.push(Number(await page.locator("#item").getAttribute("data-took")));
    }
    took.sort((a, b) => a - b);
    const rate = Math.round(count / ((Date.now() - begun) / 60_000));
    return `${rate} a minute: the next one after ${took[count / 2]} ms (median), ${took[Math.floor(count * 0.95)]} ms (95 %)`;
  };
  // As fast as a person can be, and as fast as nobody is.
  t.diagnostic(await settle(30, 400));
  t.diagnostic(await settle(30, 0));
  await page.waitForSelector('#saving[data-waiting="0"]');
  assert.equal(await left(), all - 60);
  const left_ = await open.json("GET", `/v1/batches/${id}/pages?outcome=review&limit=1000`);
  const doubtful = left_.items.flatMap((p) => p.fields).filter((f) => f.status === "doubtful").length;
  assert.equal(doubtful, all - 60);
  // Somebody else decides what is shown: it is said, and shown again.
  const here = await key();
  const [m, campo] = here.split("?campo=");
  await open.json("PATCH", `/v1/batches/${id}/pages/${m}`, { fields: { [decodeURIComponent(campo)]: "blank" } });
  await page.keyboard.press("Enter");
  await page.getByText("Alguém mudou esta página").waitFor();
  if (await typed()) await page.keyboard.press("Escape");
  await page.keyboard.press(".");
  await page.waitForFunction(() => document.querySelector("#whole img")?.naturalWidth > 500);
  await leave(page);
});

test("what will be reviewed is drawn before it is asked for", async () => {
  const { id } = await batch(open, [day.scans[0]], { policy: { least_confidence: 0.9999 } });
  const page = await visit({ javaScriptEnabled: false });
  // Of all that is kept; what is on its way in comes and goes.
  const kept = readdirSync(open.data).filter((name) => !["incoming", "scratch"].includes(name));
  const all = (name) => statSync(join(open.data, name)).isDirectory() ? readdirSync(join(open.data, name), { recursive: true }) : [];
  const drawn = () => kept.flatMap(all).filter((f) => f.includes(id) && /field-[^/]*\.jpg$/.test(f));
  assert.deepEqual(drawn(), []);
  await page.goto(`${open.base}/lotes/${id}`, { waitUntil: "commit" });
  const pages = new Set();
  while (pages.size < 5) {
    for (const picture of drawn()) pages.add(picture.split("/").at(-2));
    await new Promise((done) => setTimeout(done, 50));
  }
  await leave(page);
});

test("what somebody else decided is not taken back; of two pages both are", async () => {
  const { id } = await batch(open, [day.scans[0]], { policy: { least_confidence: 0.9999 } });
  const page = await visit();
  await page.goto(`${open.base}/lotes/${id}/revisao?tipo=respostas`);
  await page.waitForSelector("#item[data-took]");
  const first = await page.locator("#item").getAttribute("data-key"), n = parseInt(first, 10);
  const other = n === 1 ? 2 : 1;
  const shown = (key) => page.waitForFunction((k) => document.querySelector("#item article")?.dataset.key === k, key);
  const gone = (key) => page.waitForFunction((k) => document.querySelector("#item article")?.dataset.key !== k, key);
  const saved = () => page.waitForSelector('#saving[data-waiting="0"]');
  const etag = async (m) => (await fetch(`${open.base}/v1/batches/${id}/pages/${m}`)).headers.get("etag");
  const both = async () => [await etag(n), await etag(other)];
  const was = await both();
  // The form of two pages that contradict each other.
  await page.evaluate(({ contra, etag_outra }) => {
    const form = document.querySelector("#item [data-answer]");
    form.querySelector("[name=campo]").remove();
    for (const [name, value] of Object.entries({ acao: "aceitar", contra, etag_outra })) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    form.requestSubmit();
  }, { contra: String(other), etag_outra: was[1] });
  await gone(first);
  await saved();
  const decided = await both();
  assert.ok(decided[0] !== was[0] && decided[1] !== was[1], String(decided));
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowLeft");
  await shown(first);
  assert.deepEqual(await both(), was);
  await page.keyboard.press("Enter");
  await gone(first);
  await saved();
  await open.json("PATCH", `/v1/batches/${id}/pages/${n}`, { discard: true });
  const theirs = await etag(n);
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowLeft");
  await page.getByText("Alguém mudou esta página").waitFor();
  assert.equal(await etag(n), theirs);
  await leave(page);
});

test("a typed code says which sheet it is, and a wrong one stays to be mended", async () => {
  const printed = await files(open, day.package);
  // Of the usual size: some are in large print.
  const [first, ...others] = printed.pages.filter((p) => p.kind === "sheet" && p.student);
  const spoiled = others.find((p) => p.layout === first.layout);
  const scan = await (await sheet(chrome, printed, spoiled)).unreadable();
  const { id, outcomes } = await batch(open, [scan], { application: day.application });
  assert.deepEqual(outcomes, { unidentified: 1 });
  const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.goto(`${open.base}/lotes/${id}/revisao`);
  const code = page.getByLabel("Código impresso sob o QR");
  const name = () => page.getByRole("button", { name: "Dizer de quem é" }).click();
  await code.fill("7KQM 4T9X");
  await name();
  await page.getByText("Código impresso: o código não está certo").waitFor();
  assert.equal(await code.inputValue(), "7KQM 4T9X");
  await code.fill(printedCode(spoiled).toLowerCase());
  await name();
  await page.getByText("Nada mais em dúvida").waitFor();
  await page.waitForSelector('#saving[data-waiting="0"]');
  const read = await open.json("GET", `/v1/batches/${id}/pages/1`);
  assert.deepEqual([read.sheet.student, read.identified_by], [spoiled.student, "person"]);
  await leave(page);
});

test("whose a spare sheet is is found by name, and the name is in no address", async () => {
  const printed = await files(open, day.package);
  const spare = printed.pages.find((p) => p.kind === "sheet" && !p.student);
  const { id } = await batch(open, [(await sheet(chrome, printed, spare)).plain], { application: day.application });
  const page = await visit();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${open.base}/lotes/${id}/revisao/1/unica?caso=identidade`);
  await page.getByLabel("Nome ou matrícula").pressSequentially("conceicao carla");
  await page.getByRole("button", { name: "202612000 Carla Conceição de Araújo" }).click();
  await page.waitForURL(`**/lotes/${id}`);
  assert.equal((await open.json("GET", `/v1/batches/${id}/pages/1`)).sheet.student, "a-12-0");
  assert.ok(asked.length > 3 && !asked.some((url) => /carla/i.test(url)), String(asked));
  await leave(page);
});

test("the same sheet twice is looked at side by side, and decided once", async () => {
  const printed = await files(open, day.package);
  const twice = await sheet(chrome, printed, printed.pages.filter((p) => p.kind === "sheet" && p.student)[5]);
  const { id, outcomes } = await batch(open, [await twice.filled("A"), await twice.filled("B")]);
  assert.deepEqual(outcomes, { review: 2 });
  const page = await visit();
  await page.goto(`${open.base}/lotes/${id}/revisao`);
  await page.waitForFunction(() => [...document.querySelectorAll("img.sheet")].filter((i) => i.naturalWidth > 300).length === 2);
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "q1", exact: true }) });
  assert.deepEqual(await row.locator("b").allTextContents(), ["A", "B"]);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("2");
  await page.getByText("Nada mais em dúvida").waitFor();
  await page.waitForSelector('#saving[data-waiting="0"]');
  const outcome = async () => (await open.json("GET", `/v1/batches/${id}/pages`)).items.map((p) => p.outcome);
  assert.deepEqual(await outcome(), ["foreign", "read"]);
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("button", { name: "Valem as duas" }).waitFor();
  assert.deepEqual(await outcome(), ["review", "review"]);
  await page.keyboard.press("3");
  await page.getByText("Nada mais em dúvida").waitFor();
  await page.waitForSelector('#saving[data-waiting="0"]');
  assert.deepEqual(await outcome(), ["read", "read"]);
  await leave(page);
});

test("one student or room is printed again", async () => {
  const page = await visit();
  await page.goto(`${open.base}/malotes/${day.package}`);
  const number = page.getByLabel("Matrícula do estudante");
  const print = () => page.getByRole("button", { name: "Imprimir de novo" });
  await number.fill("7");
  await print().first().click();
  await page.getByText("ninguém deste malote tem este número").waitFor();
  assert.deepEqual([await number.inputValue(), await violations(page)], ["7", []]);
  await number.fill("202612012");
  for (const button of [print().first(), print().nth(1)]) {
    const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
    assert.equal(file.suggestedFilename(), "reimpressao.pdf");
    assert.match(readFileSync(await file.path(), "latin1"), /^%PDF-/);
  }
  await leave(page);
});

test("on paper there is what was looked at, and nothing to press", async () => {
  const page = await visit();
  await page.emulateMedia({ media: "print" });
  for (const path of ["", "/resultados?situacao=graded"]) {
    await page.goto(`${open.base}/aplicacoes/${day.application}${path}`);
    assert.equal(await page.locator("button:visible, .button:visible, nav:visible, .tabs:visible").count(), 0, path);
    assert.ok(await page.getByText("2º Simulado").locator("visible=true").first().isVisible(), path);
  }
  await page.getByText("Só: corrigidas").waitFor();
  await leave(page);
});

test("a phone photographs sheets", async () => {
  const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.goto(`${open.base}/lotes/novo`);
  const camera = page.locator("#camera");
  assert.deepEqual([await camera.getAttribute("capture"), await camera.getAttribute("accept")], ["environment", "image/jpeg"]);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByText("Fotografar uma folha").click()]);
  await chooser.setFiles(day.scans.find((s) => s.endsWith(".jpg")));
  await page.locator("#list li").getByText("Enviado").waitFor();
  await leave(page);
});

test("without scripts a batch is sent and reviewed all the same", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await page.goto(`${open.base}/lotes/novo?aplicacao=${day.application}`);
  await page.locator("#files").setInputFiles(day.scans.filter((s) => s.endsWith(".jpg")));
  await page.getByRole("button", { name: "Ler estas folhas" }).click();
  await page.waitForURL(/\/lotes\/[0-9a-f-]{36}/);
  const { id } = await batch(open, day.scans.filter((s) => s.endsWith(".jpg")), { policy: { least_confidence: 0.9999 } });
  await page.goto(`${open.base}/lotes/${id}/revisao?tipo=respostas`);
  const key = () => page.locator("article").getAttribute("data-key");
  const first = await key();
  await page.locator("article [data-guess]").first().click();
  assert.notEqual(await key(), first);
  await page.getByRole("button", { name: "Desfazer" }).click();
  await page.goto(`${open.base}/lotes/${id}/revisao?tipo=respostas`);
  assert.equal(await key(), first);
  await leave(page);
});

test("no page has a fault that axe knows, in any colours and on a phone", async () => {
  const doubted = await batch(open, day.scans.slice(0, 1), { policy: { least_confidence: 0.9999 } });
  const foreign = await open.json("GET", `/v1/batches/${doubted.id}/pages?outcome=foreign`);
  const review = await open.json("GET", `/v1/batches/${doubted.id}/pages?outcome=review`);
  const exam = `/aplicacoes/${day.application}`;
  await open.json("PUT", `/v1/applications/${day.application}/key`, JSON.parse(readFileSync(day.key, "utf8")));
  const { items } = await open.json("GET", `/v1/applications/${day.application}/results?outcome=provisional&limit=1`);
  const paths = [
    "/aplicacoes", exam, `${exam}/gabarito`, `${exam}/gabarito?revisao=1`, `${exam}/resultados`, `${exam}/estatisticas`,
    `${exam}/resultados/${encodeURIComponent(items[0].owner)}`, `${exam}/resultados?situacao=absent`, "/lotes", "/lotes/novo", `/lotes/${doubted.id}`,
    `/lotes/${doubted.id}?situacao=review`, `/lotes/${doubted.id}/paginas/${review.items[0].number}`,
    `/lotes/${doubted.id}/paginas/${foreign.items[0].number}`, `/lotes/${doubted.id}/revisao`,
    `/lotes/${doubted.id}/revisao/${foreign.items[0].number}/unica?caso=identidade`,
    "/malotes", `/malotes/${day.package}`, "/lotes/00000000-0000-0000-0000-000000000000", "/nada",
  ];
  const looks = [
    { colorScheme: "light" },
    { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    { colorScheme: "dark", locale: "en-US" },
  ];
  const wrong = [];
  for (const look of looks) {
    const page = await visit(look);
    for (const path of paths) {
      await page.goto(open.base + path);
      for (const fault of await violations(page)) wrong.push(`${path} ${JSON.stringify(look)}: ${fault}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) wrong.push(`${path} ${JSON.stringify(look)}: ${wide} px too wide`);
    }
    await page.goto(`${closed.base}/entrar`);
    for (const fault of await violations(page)) wrong.push(`/entrar ${JSON.stringify(look)}: ${fault}`);
    await leave(page);
  }
  assert.deepEqual(wrong, []);
});

test("the first page is small", async (t) => {
  const page = await visit();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 });
  const begun = Date.now();
  await page.goto(`${open.base}/`, { waitUntil: "load" });
  t.diagnostic(`${Math.round(bytes / 1000)} kB, ${Date.now() - begun} ms at 1.6 Mbit/s with 150 ms of latency`);
  assert.ok(bytes > 0 && bytes < 60_000, `${bytes} bytes`);
  await leave(page);
});

test("nobody's page is anybody else's, and what is not there is said in words", async () => {
  const page = await visit();
  await page.goto(`${closed.base}/entrar?token=${token(SECRET, {})}`);
  const session = await page.context().cookies();
  const cookie = session.map((c) => `${c.name}=${c.value}`).join("; ");
  const form = new FormData();
  form.append("files", new Blob(["no scan"]), "a.pdf");
  const made = await fetch(`${closed.base}/v1/batches`, { method: "POST", body: form, headers: { cookie, "sec-fetch-site": "same-origin" } });
  const { id } = await made.json();
  assert.equal((await page.goto(`${closed.base}/lotes/${id}`)).status(), 200);
  const keptUnder = async () => {
    await page.goto(`${closed.base}/lotes/novo`);
    return page.locator("#upload").getAttribute("data-kept-under");
  };
  const ours = await keptUnder();
  await page.goto(`${closed.base}/entrar?token=${token(SECRET, { tenant: "outra" })}`);
  const theirs = await keptUnder();
  assert.match(theirs, /^[0-9a-f]{64}$/);
  assert.notEqual(theirs, ours);
  for (const path of [`/lotes/${id}`, `/lotes/${id}/revisao`, `/lotes/${id}/paginas/1`]) {
    const answer = await page.goto(closed.base + path);
    assert.equal(answer.status(), 404, path);
    assert.match(await page.locator("h1").textContent(), /Não encontramos isto/);
    assert.match(answer.headers()["content-security-policy"], /default-src 'none'/);
  }
  await page.goto(`${closed.base}/entrar?token=${token(SECRET, { scopes: ["read"] })}`);
  assert.equal((await page.goto(`${closed.base}/malotes`)).status(), 403);
  await leave(page);
});
