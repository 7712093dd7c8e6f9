// Sends each file in pieces as soon as it is chosen, goes on where it broke off, and makes a batch of all of them.
// Files that are not whole yet are kept in the browser, so that a reload, or a lid that was closed, loses nothing. They are
// kept for whoever chose them, and go on when that person says so.
"use strict";
(() => {
  const say = JSON.parse(document.getElementById("words").textContent);
  const $ = (id) => document.getElementById(id);
  const form = $("upload"), input = $("files"), camera = $("camera"), drop = $("drop"), list = $("list"), go = $("go"), status = $("status");
  const most = Number(form.dataset.most);
  const KINDS = /\.(pdf|tiff?|jpe?g|png|webp|zip)$/i;
  const lang = document.documentElement.lang;
  const fill = (text, ...values) => text.replace(/\{\}/g, () => values.shift());
  const size = (n) => new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(n / 1e6) + " MB";
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  // What waits to be sent: {key, name, bytes, file, id (of the upload), received, state, why}.
  const items = [];
  let wanted = false, sending = false;
  // The batch that was asked for, until what came of it is known: {key, body}. Kept among the files.
  let press = null;
  const PRESS = "press";
  const asks = (item) => Boolean(press?.body.uploads.includes(item.id));

  // Kept in IndexedDB; where there is none, a reload asks for the files again.
  const db = new Promise((done) => {
    if (!window.indexedDB) return done(null);
    const open = indexedDB.open(`gabarito/${form.dataset.keptUnder}`, 1);
    open.onupgradeneeded = () => open.result.createObjectStore("files", { keyPath: "key" });
    open.onsuccess = () => done(open.result);
    open.onerror = open.onblocked = () => done(null);
  });
  const store = async (act) => {
    const there = await db;
    if (!there) return null;
    return new Promise((done) => {
      try {
        const request = act(there.transaction("files", "readwrite").objectStore("files"));
        request.onsuccess = () => done(request.result);
        request.onerror = (event) => { event.preventDefault(); done(null); };
      } catch { done(null); }
    });
  };
  const keep = (item) => store((s) => s.put({ key: item.key, name: item.name, file: item.file, id: item.id, page: location.pathname }));
  const forget = (item) => store((s) => s.delete(item.key));

  function add(file) {
    const key = `${file.name}/${file.size}/${file.lastModified}`;
    const known = items.find((i) => i.key === key);
    if (known?.state === "kept") { known.state = "waiting"; draw(known); run(); }
    if (known) return;
    const item = { key, name: file.name || say.photo, bytes: file.size, file, received: 0, state: "waiting", why: "" };
    if (!KINDS.test(item.name) && !/^image\//.test(file.type)) fail(item, say.not_a_scan);
    else if (file.size === 0) fail(item, say.empty);
    else if (file.size > most) fail(item, fill(say.too_large, size(most)));
    items.push(item);
    if (item.state === "waiting") keep(item);
    draw(item);
    run();
  }
  function fail(item, why) { item.state = "bad"; item.why = why; }

  function draw(item) {
    if (!item.row) {
      item.row = document.createElement("li");
      item.row.innerHTML = '<span class="name"></span><progress max="1"></progress><span class="said"></span><button type="button"></button>';
      item.row.querySelector(".name").textContent = item.name;
      item.row.querySelector("progress").setAttribute("aria-label", item.name);
      const button = item.row.querySelector("button");
      button.textContent = say.remove;
      button.setAttribute("aria-label", `${say.remove} ${item.name}`);
      button.addEventListener("click", () => remove(item));
      list.append(item.row);
    }
    const part = item.bytes ? item.received / item.bytes : 0;
    item.row.className = item.state;
    item.row.querySelector("progress").value = part;
    item.row.querySelector("progress").hidden = item.state === "bad" || item.state === "done";
    item.row.querySelector(".said").textContent =
      item.state === "bad" ? item.why : item.state === "done" ? fill(say.done, size(item.bytes))
        : item.state === "kept" ? say.kept : item.why || fill(say.so_far, Math.floor(part * 100), size(item.bytes));
    list.hidden = items.length === 0;
    const ready = items.filter((i) => i.state === "done").length, good = items.filter((i) => i.state !== "bad").length;
    status.textContent = items.length ? fill(say.ready, ready, good) : "";
    go.disabled = good === 0 || wanted;
  }
  function remove(item) {
    items.splice(items.indexOf(item), 1);
    item.row.remove();
    item.gone = true;
    forget(item);
    if (item.id) fetch(`/v1/uploads/${item.id}`, { method: "DELETE" }).catch(() => {});
    if (items.length) draw(items[0]); else { list.hidden = true; status.textContent = ""; go.disabled = true; }
    input.focus();
  }

  // A request, again and again while nobody answers; what is answered with a fault is the caller's.
  async function ask(url, options, waiting) {
    for (let pause = 1; ; pause = Math.min(pause * 2, 30)) {
      let answer;
      try { answer = await fetch(url, { ...options, headers: { ...options.headers, "hx-request": "true" } }); } catch { answer = null; }
      // 409 with a time to wait: the same request is still under way.
      if (answer && answer.status < 500 && answer.status !== 429 && !answer.headers.has("retry-after")) return answer;
      const seconds = Number(answer?.headers.get("retry-after")) || pause;
      waiting(fill(answer ? say.busy : say.offline, seconds));
      await sleep(seconds * 1000);
    }
  }
  const json = (method, body) => ({ method, headers: { "content-type": "application/json", accept: "application/json" }, body: body && JSON.stringify(body) });

  async function send(item) {
    const waiting = (why) => { item.why = why; draw(item); };
    const told = async (answer) => {
      if (answer.status === 401) { location.href = "/entrar?volta=" + encodeURIComponent(location.pathname + location.search); throw new Error("401"); }
      const problem = await answer.json().catch(() => ({}));
      fail(item, answer.status === 413 ? fill(say.too_large, size(most)) : fill(say.refused, problem.detail || answer.status));
      draw(item);
    };
    item.state = "sending";
    let upload = null;
    if (item.id) {
      const answer = await ask(`/v1/uploads/${item.id}`, json("GET"), waiting);
      if (answer.ok) upload = await answer.json();
    }
    // One that is used by the batch that was asked for is as it should be.
    if (!upload || (upload.state === "used" && !asks(item))) {
      const answer = await ask("/v1/uploads", json("POST", { name: item.name, bytes: item.bytes }), waiting);
      if (!answer.ok) return told(answer);
      upload = await answer.json();
      item.id = upload.id;
      await keep(item);
    }
    while (!item.gone && upload.state === "open" && upload.received < item.bytes) {
      item.received = upload.received;
      item.why = "";
      draw(item);
      const piece = item.file.slice(upload.received, upload.received + Math.min(upload.piece_bytes, 1 << 20));
      const answer = await ask(`/v1/uploads/${item.id}/pieces?offset=${upload.received}`, { method: "PUT", body: piece }, waiting);
      if (!answer.ok && answer.status !== 409) return told(answer);
      upload = answer.ok ? await answer.json() : await (await ask(`/v1/uploads/${item.id}`, json("GET"), waiting)).json();
    }
    if (item.gone) return;
    if (upload.state === "open") {
      const answer = await ask(`/v1/uploads/${item.id}/complete`, json("POST"), waiting);
      if (!answer.ok) return told(answer);
    }
    item.received = item.bytes;
    item.state = "done";
    item.why = "";
    draw(item);
  }

  async function run() {
    if (sending) return;
    sending = true;
    for (let item; (item = items.find((i) => i.state === "waiting"));) {
      try { await send(item); } catch { if (item.state === "sending") { fail(item, say.unreadable); draw(item); } }
    }
    sending = false;
    if (wanted) finish();
  }

  // randomUUID is there with TLS alone, and a school's own server may have none.
  const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

  async function finish() {
    wanted = true;
    for (const item of items) if (item.state === "kept") item.state = "waiting";
    if (items.some((i) => i.state === "waiting" || i.state === "sending")) { status.textContent = say.then; go.disabled = true; return run(); }
    const done = items.filter((i) => i.state === "done");
    if (!done.length) { wanted = false; go.disabled = true; return; }
    // Pressed once, one batch, whatever becomes of the answer: the same is asked for again, after a reload too.
    if (!done.some(asks)) press = { key: unique(), body: { uploads: done.map((i) => i.id), ...JSON.parse($("options").value) } };
    await store((s) => s.put({ key: PRESS, press }));
    const request = json("POST", press.body);
    request.headers["idempotency-key"] = press.key;
    const answer = await ask("/v1/batches", request, (why) => { status.textContent = why; });
    await forget({ key: PRESS });
    if (!answer.ok) {
      press = null;
      wanted = false;
      go.disabled = false;
      status.textContent = fill(say.refused, (await answer.json().catch(() => ({}))).detail || answer.status);
      return;
    }
    const batch = await answer.json();
    for (const item of items) if (item.state === "bad" || asks(item)) await forget(item);
    window.onbeforeunload = null;
    location.href = `/lotes/${batch.id}`;
  }

  input.required = false;
  input.addEventListener("change", () => { for (const file of input.files) add(file); input.value = ""; });
  for (const e of [camera, document.querySelector(".camera")]) e.hidden = false;
  camera.addEventListener("change", () => { for (const file of camera.files) add(file); camera.value = ""; });
  for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (e) => { e.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, (e) => { e.preventDefault(); if (kind === "drop" || !e.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", (e) => { for (const file of e.dataTransfer.files) add(file); });
  document.getElementById("drop-says").textContent = say.drop;
  form.addEventListener("submit", (e) => { e.preventDefault(); finish(); });
  go.disabled = true;
  window.onbeforeunload = (e) => { if (sending) e.preventDefault(); };

  // What a reload interrupted.
  store((s) => s.getAll()).then((kept) => {
    press ||= kept?.find((k) => k.key === PRESS)?.press;
    for (const { key, name, file, id } of kept || []) {
      if (!file || items.some((i) => i.key === key)) continue;
      const item = { key, name, bytes: file.size, file, id, received: 0, state: "kept", why: "" };
      items.push(item);
      draw(item);
    }
  });
})();
