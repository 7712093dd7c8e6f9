// Sheets on paper: as they were printed, with bubbles filled in, or with what identifies them gone.
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DPI = 150;
/** The lines of the printed code on A4, in millimetres. */
const PRINTED = { x: 163, y: 44, w: 30, h: 8 };

/** What a package's files say: its pages, and where everything is on them. */
export async function files(server, id) {
  const { files } = await server.json("GET", `/v1/packages/${id}`);
  const get = async (name) => Buffer.from(await (await fetch(files.find((f) => f.name === name).url)).arrayBuffer());
  const [manifest, geometry] = await Promise.all([get("manifest.json"), get("geometry.json")]);
  return { pages: JSON.parse(manifest).pages, layouts: JSON.parse(geometry).layouts, get };
}

/** A page of the manifest as a PNG, drawn by poppler, and what can be done with it. */
export async function sheet(chrome, printed, page) {
  const folder = mkdtempSync(join(tmpdir(), "gabarito-paper-"));
  const pdf = join(folder, "a.pdf"), out = join(folder, "a"), n = String(page.pdf_page);
  writeFileSync(pdf, await printed.get(page.pdf));
  spawnSync("pdftoppm", ["-r", String(DPI), "-png", "-singlefile", "-f", n, "-l", n, pdf, out]);
  const png = readFileSync(`${out}.png`).toString("base64");
  const layout = printed.layouts.find((l) => l.id === page.layout).pages.find((p) => p.number === page.page);
  const painted = async (name, boxes, dots) => {
    const canvas = await chrome.newPage();
    const made = await canvas.evaluate(async ({ png, boxes, dots, k }) => {
      const img = new Image();
      img.src = `data:image/png;base64,${png}`;
      await img.decode();
      const c = Object.assign(document.createElement("canvas"), { width: img.width, height: img.height }), x = c.getContext("2d");
      x.drawImage(img, 0, 0);
      x.fillStyle = "#fff";
      for (const b of boxes) x.fillRect((b.x - 1) * k, (b.y - 1) * k, (b.w + 2) * k, (b.h + 2) * k);
      x.fillStyle = "#222";
      for (const d of dots) { x.beginPath(); x.ellipse(d.x * k, d.y * k, d.rx * k * 0.95, d.ry * k * 0.95, 0, 0, 7); x.fill(); }
      return c.toDataURL("image/png").split(",")[1];
    }, { png, boxes, dots, k: DPI / 25.4 });
    await canvas.close();
    const at = join(folder, `${name}.png`);
    writeFileSync(at, Buffer.from(made, "base64"));
    return at;
  };
  const choices = layout.fields.filter((f) => f.type === "choice").flatMap((f) => f.bubbles);
  return {
    plain: `${out}.png`,
    unreadable: () => painted("sem-codigo", [layout.code, layout.backup, PRINTED], []),
    filled: (label) => painted(`marcada-${label}`, [], choices.filter((b) => b.label === label)),
  };
}

/** What is printed under the QR of a page, under the key of a laptop. */
export function printedCode({ sheet_id, page, layout }) {
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const body = sheet_id + alphabet[page % 32] + layout.slice(0, 3);
  const mac = createHmac("sha256", "gabarito on a laptop").update(`printed\0${body}`).digest();
  const bits = [...mac].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const check = [0, 5, 10, 15].map((at) => alphabet[parseInt(bits.slice(at, at + 5), 2)]).join("");
  return (body + check).match(/.{4}/g).join(" ");
}
