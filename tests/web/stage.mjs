// What every test of the pages needs: a server with its data, a browser, and a school's exam day to send.
import { spawn, spawnSync } from "node:child_process";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR || "target");
// Installed by tests/run, outside the repository's own files.
const require = createRequire(join(target, "tmp/web/"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const binary = process.env.GABARITO || join(target, "debug/gabarito");

const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GABARITO_")));

/** A server of its own, with its data in a folder that goes with it. */
export class Server {
  static async start(environment = {}) {
    const data = mkdtempSync(join(tmpdir(), "gabarito-web-"));
    const process = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
      env: { ...plain, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    const base = await new Promise((done, failed) => {
      process.stderr.on("data", (text) => {
        log += text;
        const said = /gabarito: (http:\/\/\S+)\s/.exec(log);
        if (said) done(said[1]);
      });
      process.on("exit", () => failed(new Error(`the server ended: ${log}`)));
    });
    const server = Object.assign(new Server(), { process, data, base });
    server.log = () => log;
    return server;
  }

  stop() {
    this.process.removeAllListeners("exit");
    this.process.kill("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }

  async json(method, path, body, headers = {}) {
    const form = body instanceof FormData;
    const answer = await fetch(this.base + path, {
      method,
      headers: form || !body ? headers : { "content-type": "application/json", ...headers },
      body: form || !body ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Follows a job to its end. */
  async finished(path) {
    for (;;) {
      const job = await this.json("GET", path);
      if (!["queued", "running"].includes(job.state)) return job;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** A school's exam day: its package, printed by the server, and the scans of it. */
export async function examDay(server) {
  const school = join(root, "samples/malote");
  const form = new FormData();
  form.append("package", new Blob([readFileSync(join(school, "PACKAGE.json"))], { type: "application/json" }));
  for (const name of readdirSync(school).filter((n) => n.endsWith(".png"))) {
    form.append("files", new Blob([readFileSync(join(school, name))]), name);
  }
  const printed = await server.json("POST", "/v1/packages", form);
  // Made once for each state of the sample: scans of another would be of sheets that are not printed here.
  const sample = createHash("sha256").update(readFileSync(join(school, "PACKAGE.json"))).digest("hex").slice(0, 12);
  const day = join(target, `tmp/web/day-${sample}`);
  if (!existsSync(join(day, "respostas.csv"))) {
    const made = spawnSync(binary, ["demo", "--out", day], { env: plain, encoding: "utf8" });
    if (!existsSync(join(day, "respostas.csv"))) throw new Error(made.stderr);
  }
  await server.finished(`/v1/packages/${printed.id}`);
  const scans = readdirSync(join(day, "escaneados")).map((name) => join(day, "escaneados", name));
  const id = JSON.parse(readFileSync(join(school, "PACKAGE.json"), "utf8")).application.id;
  return { package: printed.id, application: id, scans, key: join(school, "KEY.json") };
}

/** A batch that was read; with a policy that leaves much to a person. */
export async function batch(server, scans, options = {}) {
  const form = new FormData();
  for (const scan of scans) form.append("files", new Blob([readFileSync(scan)]), scan.split("/").pop());
  form.append("options", JSON.stringify(options));
  const made = await server.json("POST", "/v1/batches", form);
  return server.finished(`/v1/batches/${made.id}`);
}

export async function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** What axe finds wrong on a page, by WCAG 2.2 AA and its own best practices. */
export async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join("; ")}`);
}

/** A token by which the monolith hands somebody over. */
export function token(secret, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const all = { tenant: "escola", sub: "secretaria-1", scopes: ["read", "review", "print"], exp: now + 60, jti: randomUUID(), ...claims };
  const said = `${part({ alg: "HS256", typ: "JWT" })}.${part(all)}`;
  return `${said}.${createHmac("sha256", secret).update(said).digest("base64url")}`;
}
