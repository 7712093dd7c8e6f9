// One doubtful thing after another, by keyboard. The next ones are fetched and drawn before they are asked for, and what
// was decided is sent behind the person's back, in order; a decision that does not arrive is told and shown again.
"use strict";
(() => {
  const say = JSON.parse(document.getElementById("words").textContent);
  const $ = (id) => document.getElementById(id);
  const place = $("item"), batch = place.dataset.batch, single = Boolean(place.dataset.single);
  const fault = $("fault"), saving = $("saving"), left = $("left"), whole = $("whole");
  const fill = (text, ...values) => text.replace(/\{\}/g, () => values.shift());
  const AHEAD = 12;
  let queue = JSON.parse($("doubts").textContent);
  const first = place.querySelector("article")?.dataset.key;
  if (first && queue.includes(first)) queue = [...queue.slice(queue.indexOf(first)), ...queue.slice(0, queue.indexOf(first))];
  let remaining = queue.length;
  const past = [];             // what was decided, the last one last: see decide()
  const ready = new Map();     // key -> promise of an element with its pictures drawn
  const etags = new Map();     // page -> its state after what we decided
  let outgoing = Promise.resolve(), waiting = 0, shownAt = 0;
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

  const drawn = (element) => Promise.all([...element.querySelectorAll("img:not([loading])")].map((img) => img.decode().catch(() => {})));
  async function fetchItem(key) {
    for (let pause = 500; ; pause = Math.min(pause * 2, 15000)) {
      try {
        const answer = await fetch(`/lotes/${batch}/revisao/${key}`, { headers: { accept: "text/html", "hx-request": "true" } });
        if (answer.status === 401) { location.reload(); return null; }
        // It will not be answered otherwise the next time.
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return null;
        if (answer.ok) {
          const box = document.createElement("div");
          box.innerHTML = await answer.text();
          await drawn(box);
          return box.querySelector("article");
        }
      } catch { /* nobody answers: again */ }
      await sleep(pause);
    }
  }
  const prepare = (key) => { if (!ready.has(key)) ready.set(key, fetchItem(key)); return ready.get(key); };
  const ahead = () => { for (const key of queue.slice(0, AHEAD)) prepare(key); };

  async function show() {
    const from = shownAt || performance.now();
    $("undo-form")?.remove();
    if (!queue.length) {
      place.replaceChildren();
      $("end").hidden = false;
      count();
      if (single) { await outgoing; if (!waiting) location.href = `/lotes/${batch}`; }
      $("end").querySelector("a").focus();
      return;
    }
    $("end").hidden = true;
    const key = queue[0];
    const article = await prepare(key);
    if (queue[0] !== key) return;
    ready.delete(key);
    if (!article) { queue.shift(); remaining--; return show(); }
    place.replaceChildren(article);
    begin(article);
    count();
    requestAnimationFrame(() => { place.dataset.took = String(Math.round(performance.now() - from)); });
    ahead();
  }
  function begin(article) {
    window.htmx?.process(article);
    article.querySelector("[data-undo]").hidden = !past.length;
    article.querySelector("[data-zoom]").hidden = !article.querySelector(".crop");
    const field = article.querySelector("input:not([type=hidden])");
    if (field) { field.focus(); field.select(); } else article.querySelector("h2").focus({ preventScroll: true });
    place.dataset.key = article.dataset.key;
  }
  function count() {
    left.textContent = fill(remaining === 1 ? say.one_left : say.many_left, remaining);
    left.dataset.left = String(remaining);
    saving.textContent = waiting ? fill(say.saving, waiting) : past.length ? say.saved : "";
    saving.dataset.waiting = String(waiting);
  }

  // Sends in order: two decisions about one page must not overtake each other. What is sent is only known when those before
  // it were answered; nothing, where there is nothing to take back.
  function send(url, said, entry, again) {
    fault.hidden = true;
    waiting++;
    count();
    outgoing = outgoing.then(async () => {
      const data = said();
      for (let pause = 500; data; pause = Math.min(pause * 2, 15000)) {
        let answer = null;
        try { answer = await fetch(url, { method: "POST", headers: { accept: "application/json", "hx-request": "true" }, body: data }); } catch { /* again */ }
        if (!answer || answer.status === 429 || answer.status >= 500) {
          saving.textContent = say.offline;
          await sleep(pause);
          continue;
        }
        if (answer.status === 401) { location.href = "/entrar?volta=" + encodeURIComponent(location.pathname + location.search); return; }
        if (answer.ok) {
          entry.etag = answer.headers.get("etag");
          etags.set(entry.number, entry.etag);
          if (entry.other) etags.set(entry.other, entry.otherEtag = answer.headers.get("other-etag"));
        } else await refused(answer, entry, again);
        break;
      }
      waiting--;
      count();
    });
  }
  async function refused(answer, entry, again) {
    const { key, number, other } = entry;
    for (const page of [number, other]) etags.delete(page);
    for (const known of [...ready.keys()]) if ([number, other].includes(parseInt(known, 10))) ready.delete(known);
    const problem = await answer.json().catch(() => ({}));
    if (again) {
      if (past.includes(entry)) past.splice(past.indexOf(entry), 1);
      const back = [key, ...entry.rest].filter((k) => !queue.includes(k));
      remaining += back.length;
      queue = [key, ...back.filter((k) => k !== key), ...queue.filter((k) => k !== key)];
      await show();
      for (const [name, value] of entry.typed) {
        const field = place.querySelector(`input[name="${CSS.escape(name)}"]:not([type=hidden])`);
        if (field && place.dataset.key === key) field.value = value;
      }
    }
    fault.textContent = answer.status === 412 || answer.status === 409 ? say.changed : fill(say.refused, problem.detail || answer.status);
    fault.hidden = false;
  }

  function decide(form, button) {
    const article = form.closest("article"), key = article.dataset.key, number = Number(article.dataset.number);
    const data = new URLSearchParams(new FormData(form));
    if (button?.name) data.append(button.name, button.value);
    shownAt = performance.now();
    queue = queue.filter((k) => k !== key);
    remaining--;
    // Whoever says whose page it is, or sets it aside, has said it of the whole page; who takes it as it is, of all but
    // its answers. Of two pages both are decided.
    const act = data.get("acao"), against = Number(data.get("contra")), beside = Number(data.get("favor"));
    const gone = [act === "descartar" || data.has("codigo") ? number : 0, against], taken = [act === "aceitar" ? number : 0, beside];
    const rest = queue.filter((k) => {
      const n = parseInt(k, 10);
      return gone.includes(n) || (taken.includes(n) && k.includes("?caso="));
    });
    queue = queue.filter((k) => !rest.includes(k));
    remaining -= rest.length;
    // Agreeing with somebody is no decision that could be taken back.
    // Taking it back is about the pages as they are after it, whatever else becomes of them: `etag` and `otherEtag`.
    const typed = [...form.querySelectorAll("input:not([type=hidden])")].map((i) => [i.name, i.value]);
    const entry = { key, number, rest, typed, other: against || beside };
    if (!data.has("segunda")) past.push(entry);
    send(form.action, () => {
      if (etags.has(number)) data.set("etag", etags.get(number));
      if (etags.has(entry.other)) data.set("etag_outra", etags.get(entry.other));
      return data;
    }, entry, true);
    show();
  }
  function skip() {
    if (queue.length < 2) return;
    fault.hidden = true;
    shownAt = performance.now();
    const key = queue.shift();
    queue.push(key);
    show();
  }
  function undo() {
    const last = past.pop();
    if (!last) return;
    const { key, number, rest, other } = last;
    send(`/lotes/${batch}/paginas/${number}/desfazer`, () => last.etag && new URLSearchParams({
      etag: last.etag, ...(other && { outra: other, etag_outra: last.otherEtag }),
    }), last, false);
    ready.delete(key);
    queue = [key, ...rest, ...queue];
    remaining += 1 + rest.length;
    shownAt = performance.now();
    // What it was before is only known again when it was taken back.
    outgoing.then(show);
  }
  function look(source) {
    const picture = document.createElement("img");
    picture.src = source;
    picture.alt = say.whole_page;
    whole.querySelector(".pane").replaceChildren(picture);
    whole.showModal();
  }

  place.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-answer]")) return;
    event.preventDefault();
    decide(form, event.submitter);
  });
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-skip], [data-undo], [data-zoom], [data-whole]");
    if (!button) return;
    if ("undo" in button.dataset) undo();
    else if ("zoom" in button.dataset) place.classList.toggle("zoomed");
    else if (single && "skip" in button.dataset) return;
    else { event.preventDefault(); if ("skip" in button.dataset) skip(); else look(button.dataset.whole); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || whole.open) return;
    const article = place.querySelector("article");
    const typing = event.target.matches("input:not([type=hidden]), select, textarea");
    if (event.key === "Escape" && typing) { event.target.blur(); return; }
    if (typing || !article) { if (!article && event.key === "ArrowLeft") undo(); return; }
    const onControl = event.target.closest("button, a, summary");
    const key = event.key;
    let button = null;
    if (key === "Enter" || key === " ") { if (onControl) return; if (key === "Enter") button = article.querySelector("[data-guess]"); }
    else button = article.querySelector(`[data-key="${CSS.escape(key)}"]`) || choice(article, key);
    if (key === "Backspace") button = article.querySelector("[data-undo]");
    if (!button || button.hidden) return;
    event.preventDefault();
    if (!event.repeat) button.click();
  });
  // A letter stands for the answer with this label.
  function choice(article, key) {
    if (key.length !== 1) return null;
    const letter = key.toLocaleUpperCase();
    return [...article.querySelectorAll('[name="marca"]')].find((b) => b.value.toLocaleUpperCase() === letter) || null;
  }
  window.addEventListener("beforeunload", (event) => { if (waiting) event.preventDefault(); });

  const here = place.querySelector("article");
  if (here) { begin(here); drawn(here).then(() => { place.dataset.took = "0"; }); }
  count();
  for (const key of queue.slice(1, AHEAD)) prepare(key);
})();
