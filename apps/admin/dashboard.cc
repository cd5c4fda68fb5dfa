#include "apps/admin/dashboard.h"

namespace apps {

const std::string_view dashboard_page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Penstock</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --text: #1b2430; --dim: #66717f; --line: #dfe4ea; --accent: #0b6bcb;
        --good: #1a7f37; --bad: #c62828; --warn: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #12161c; --card: #1a2028; --text: #e4e9ef; --dim: #93a0ae; --line: #2c3540; --accent: #5aa9f5; --good: #57c271;
          --bad: #ff7b72; --warn: #d8a531; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.25rem 0; }
main { padding-bottom: 3rem; }
header { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: baseline; }
h1 { font-size: 1.35rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.8rem 0 .5rem; }
.dim { color: var(--dim); }
.state { font-weight: 600; padding: 0 .6rem; border-radius: 1rem; border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin-top: 1rem; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.tile { padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.card { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { border-top: 0; color: var(--dim); font-weight: 500; font-size: .85rem; }
.num { text-align: right; }
td.wide { white-space: normal; min-width: 16rem; }
code { font: .85rem/1.4 ui-monospace, monospace; }
.bar { display: inline-block; width: 8rem; height: .55rem; background: var(--line); border-radius: .3rem; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); }
svg { display: block; width: 100%; height: 5rem; }
svg polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.empty { padding: .5rem .8rem; color: var(--dim); }
</style>
</head>
<body>
<header>
  <h1>Penstock <span id="name"></span></h1>
  <span id="state" class="state dim" role="status">connecting</span>
  <span id="about" class="dim"></span>
</header>
<main>
  <div class="tiles" id="tiles"></div>
  <h2>Requests per second, last two minutes</h2>
  <div class="card"><svg viewBox="0 0 120 100" preserveAspectRatio="none" role="img" aria-label="requests per second"><polyline id="line"/></svg></div>
  <h2>Workers</h2><div class="card" id="workers"></div>
  <h2>Ports</h2><div class="card" id="ports"></div>
  <h2>Pools</h2><div class="card" id="pools"></div>
  <h2>Packets lost</h2><div class="card" id="drops"></div>
  <h2>Requests refused</h2><div class="card" id="rejected"></div>
</main>
<script>
"use strict";
const $ = id => document.getElementById(id);
const short = (n, unit = "") => {
  const steps = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]];
  for (const [size, letter] of steps)
    if (Math.abs(n) >= size) return (n / (letter === "k" ? 1e3 : size)).toFixed(1) + " " + letter + unit;
  return (Number.isInteger(n) ? n : n.toFixed(n < 10 ? 1 : 0)) + (unit ? " " + unit : "");
};
const span = s => s < 90 ? Math.floor(s) + " s" : s < 5400 ? Math.floor(s / 60) + " min" : s < 172800 ? (s / 3600).toFixed(1) + " h" : Math.floor(s / 86400) + " days";
const element = (tag, text, name) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (name) e.className = name;
  return e;
};
const bar = percent => {
  const box = element("span"), outer = element("span", undefined, "bar"), inner = element("i");
  inner.style.width = Math.min(100, percent) + "%";
  outer.append(inner);
  box.append(outer, " " + percent.toFixed(1) + " %");
  return box;
};
/* Cells are text, a number (right), a node, or [text, class]. */
const table = (id, heads, rows, none) => {
  if (!rows.length) return $(id).replaceChildren(element("div", none, "empty"));
  const t = element("table"), head = element("tr");
  heads.forEach((h, i) => head.append(element("th", h, typeof rows[0][i] === "number" || (Array.isArray(rows[0][i]) && rows[0][i][1].includes("num")) ? "num" : "")));
  t.append(element("thead"), element("tbody"));
  t.tHead.append(head);
  for (const row of rows) {
    const line = element("tr");
    for (const cell of row) {
      if (cell instanceof Node) { const td = element("td"); td.append(cell); line.append(td); }
      else if (Array.isArray(cell)) line.append(element("td", cell[0], cell[1]));
      else line.append(element("td", typeof cell === "number" ? short(cell) : cell, typeof cell === "number" ? "num" : ""));
    }
    t.tBodies[0].append(line);
  }
  $(id).replaceChildren(t);
};
let before = null;
const history = [];
const rates = (now, old, seconds) => (get, key) => {
  if (!old || seconds <= 0) return 0;
  const a = get(now, key), b = get(old, key);
  return b === undefined || a === undefined || a < b ? 0 : (a - b) / seconds;
};
const rate = (n, unit) => [short(n, unit), "num"];
const by = (list, name) => list.items.find(x => x.name === name);

function show(now) {
  const s = now.stats, old = before, seconds = old ? s.uptime_seconds - old.stats.uptime_seconds : 0;
  if (seconds < 0) before = null;
  const per = rates(now, old, seconds);
  $("name").textContent = s.instance;
  document.title = s.instance + " - Penstock";
  $("state").textContent = s.ready ? "ready" : "not ready: " + s.not_ready_reason;
  $("state").className = "state " + (s.ready ? "good" : "warn");
  $("about").textContent = "up " + span(s.uptime_seconds) + " - version " + s.version + ", DPDK " + s.dpdk;
  const requests = per(x => x.stats.http.requests_total);
  const traffic = key => now.ports.items.reduce((sum, p) => sum + per(x => (by(x.ports, p.name) || {})[key]), 0) * 8;
  const lost = per(x => x.stats.engine.drops_total);
  const tiles = [["requests/s", short(requests)], ["client connections", short(s.http.connections)],
    ["new connections/s", short(per(x => x.stats.tcp.accepted_total))], ["received", short(traffic("rx_bytes_total"), "bit/s")],
    ["sent", short(traffic("tx_bytes_total"), "bit/s")], ["sent again/s", short(per(x => x.stats.tcp.retransmitted_segments_total))],
    ["packets lost/s", short(lost)], ["unaccounted packets", short(s.engine.packets_unaccounted), s.engine.packets_unaccounted ? "bad" : ""]];
  $("tiles").replaceChildren(...tiles.map(([label, value, name]) => {
    const tile = element("div", undefined, "tile");
    tile.append(element("b", value, name), element("span", label, "dim"));
    return tile;
  }));
  if (seconds > 0) history.push(requests);
  while (history.length > 120) history.shift();
  const top = Math.max(1, ...history) * 1.05;
  $("line").setAttribute("points", history.map((v, i) => (120 - history.length + i) + "," + (100 - 100 * v / top).toFixed(2)).join(" "));
  table("workers", ["worker", "CPU", "busy", "turns/s", "TCP packet memory"], s.workers.map(w => {
    const get = (x, key) => (x.stats.workers[w.worker] || {})[key];
    return [String(w.worker), String(w.cpu), bar(100 * per(get, "busy_cycles_total") / s.tsc_hz), rate(per(get, "turns_total")),
      bar(w.account_size_mbufs ? 100 * w.account_used_mbufs / w.account_size_mbufs : 0)];
  }), "no workers");
  table("ports", ["port", "link", "device", "addresses", "received", "sent", "received", "sent", "lost"], now.ports.items.map(p => {
    const get = (x, key) => (by(x.ports, p.name) || {})[key];
    return [p.name, [p.up ? "up" : "down", p.up ? "good" : "bad"], p.device, p.addresses.join(", "), rate(per(get, "rx_packets_total"), "/s"),
      rate(per(get, "tx_packets_total"), "/s"), rate(8 * per(get, "rx_bytes_total"), "bit/s"), rate(8 * per(get, "tx_bytes_total"), "bit/s"), p.drops_total];
  }), "no ports");
  const server = (x, [pool, name], key) => { const p = by(x.pools, pool), v = p && p.servers.find(y => y.name === name); return v && v[key]; };
  table("pools", ["pool", "server", "address", "state", "requests", "connections", "idle", "retries", "refused or silent", "broken"],
    now.pools.items.flatMap(p => p.servers.map(v => [p.name, v.name, v.address, [v.up ? "up" : "down", v.up ? "good" : "bad"],
      rate(per(x => server(x, [p.name, v.name], "requests_total")), "/s"), v.connections, v.idle_connections, v.retries_total,
      v.connect_failures_total, v.failures_total])), "no pools");
  const dropped = x => Object.fromEntries(x.drops.items.map(d => [d.layer + " " + d.reason + " " + d.port, d.drops_total]));
  const counts = dropped(now), earlier = old ? dropped(old) : {};
  table("drops", ["layer", "reason", "port", "packets", "now", "why, and the last one"], now.drops.items.filter(d => d.drops_total).sort((a, b) => b.drops_total - a.drops_total).map(d => {
    const key = d.layer + " " + d.reason + " " + d.port, why = element("span", d.help);
    if (d.examples.length) why.append(element("br"), element("code", d.examples[0].text));
    const td = element("div"); td.style.whiteSpace = "normal"; td.append(why);
    return [d.layer, d.reason, d.port || "-", d.drops_total, rate(seconds > 0 ? (counts[key] - (earlier[key] || 0)) / seconds : 0, "/s"), td];
  }), "none");
  table("rejected", ["reason", "requests"], Object.entries(s.http.rejected_total).filter(([, n]) => n).sort((a, b) => b[1] - a[1]), "none");
}

async function ask() {
  try {
    const names = ["stats", "ports", "pools", "drops"];
    const answers = await Promise.all(names.map(async name => {
      const answer = await fetch("api/v1/" + name, {cache: "no-store", signal: AbortSignal.timeout(5000)});
      if (!answer.ok) throw new Error(answer.status + " for " + name);
      return [name, await answer.json()];
    }));
    const now = Object.fromEntries(answers);
    show(now);
    before = now;
  } catch (problem) {
    $("state").textContent = "no answer: " + problem.message;
    $("state").className = "state bad";
  }
  setTimeout(ask, document.hidden ? 5000 : 1000);
}
ask();
</script>
</body>
</html>
)html";

}  // namespace apps
