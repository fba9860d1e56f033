"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const S = data.strings, all = data.units;
  const t = (v) => (typeof v === "number" ? S[v] : v);
  const IMEI = 0, STATUS = 1, VERDICT = 2, RECORD = 3, TIME = 4, KIND = 5, RECORDS = 6, PRODUCT = 7, BATCH = 8, SERIAL = 9, MODEL = 10, FIRMWARE = 11,
    STATION = 12, ORIGIN = 13, SLOTS = 14, CERT = 15, SPKI = 16, PSK = 17, AUTHORITY = 18, ANCHOR = 19, CONNECTED = 20, TESTS = 21, FAILURE = 22, LEAF = 23, NAME = 24, REVOKED = 25, PROOF = 26;
  const step = 50, few = 200;
  const $ = (id) => document.getElementById(id);
  const imei = $("imei"), status = $("status"), found = $("found"), rows = $("rows"), more = $("more"), moreLine = $("more-line");
  const states = { "delivered": ["pass", "● delivered"], "held-back": ["fail", "✕ held back"], "undecided": ["none", "○ without a run"], "revoked": ["fail", "⊘ revoked"] };
  const origins = { "modem": "in the modem", "host": "on the computer", "imported": "from elsewhere" };
  let shown = all, drawn = 0;

  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };
  const when = (s) => {
    const td = make("td", s.slice(0, 10), "num");
    td.append(make("span", " " + s.slice(11, 16), "hour"));
    return td;
  };

  function tests(u) {
    const n = {};
    for (const r of u[TESTS]) n[t(r[1])] = (n[t(r[1])] || 0) + 1;
    const words = [["pass", "pass"], ["fail", "fail"], ["na", "na"], ["not-run", "not run"]];
    return words.filter(([k]) => n[k]).map(([k, w]) => n[k] + " " + w).join(", ");
  }

  function connection(u) {
    const c = t(u[CONNECTED]);
    return c ? c.split(", ").slice(0, 2).join(", ") : "not tested";
  }

  function pair(dl, name, value, code) {
    if (!value) return;
    dl.append(make("dt", name));
    const dd = make("dd");
    if (code) dd.append(make("code", value)); else dd.textContent = value;
    dl.append(dd);
  }

  function detail(u) {
    const dl = make("dl", undefined, "pairs");
    pair(dl, "unit", t(u[NAME]), true);
    pair(dl, "product, batch, number", [t(u[PRODUCT]), t(u[BATCH]), t(u[SERIAL])].filter(Boolean).join(", "));
    pair(dl, "modem", [t(u[MODEL]), t(u[FIRMWARE])].filter(Boolean).join(", "));
    pair(dl, "record", u[RECORD] + ", " + u[TIME] + ", " + t(u[KIND]) + ", " + t(u[VERDICT]) + ", station " + (t(u[STATION]) || "not named") + "; " + u[RECORDS] + " records of this unit");
    const gone = u[REVOKED];
    if (gone.length) pair(dl, "revoked", t(gone[1]) + ", " + t(gone[2]) + ": the certificate " + t(gone[3]) + ", by record " + gone[0] + (gone[4] ? ", proof " + gone[4] : ""));
    pair(dl, "leaf in the log", u[LEAF], true);
    const name = (u[IMEI] ? u[IMEI] + "-" : "") + u[RECORD];
    if (u[PROOF]) pair(dl, "proof and record", u[PROOF] + ", " + name + ".json", true);
    else pair(dl, "proof is made by", "sectag ledger prove " + u[RECORD] + " --out " + name + ".tlog-proof", true);
    pair(dl, "failure", t(u[FAILURE]), true);
    for (const s of u[SLOTS]) pair(dl, "slot " + s[0] + " " + t(s[1]), [t(s[2]), t(s[3]), t(s[4]) === "no" ? "not as sent" : ""].filter(Boolean).join("  "), true);
    const c = u[CERT];
    if (c.length) {
      pair(dl, "certificate", t(c[1]) + ", until " + t(c[2]));
      pair(dl, "serial", t(c[0]), true);
      pair(dl, "SHA-256 of it", t(c[3]), true);
    }
    pair(dl, "public key", t(u[SPKI]), true);
    pair(dl, "PSK digest", t(u[PSK]), true);
    pair(dl, "authority", t(u[AUTHORITY]), true);
    pair(dl, "anchor", t(u[ANCHOR]), true);
    pair(dl, "connection", t(u[CONNECTED]) || "not tested");
    for (const r of u[TESTS]) pair(dl, t(r[0]), t(r[1]) + (t(r[2]) !== u[RECORD] ? ", record " + t(r[2]) : "") + (t(r[3]) ? ": " + t(r[3]) : ""));
    const tr = make("tr", undefined, "detail"), td = make("td");
    td.colSpan = 9;
    td.append(dl);
    tr.append(td);
    return tr;
  }

  function line(u, open) {
    const tr = make("tr"), head = make("th"), button = make("button", u[IMEI] || "no IMEI", "open");
    head.scope = "row";
    button.type = "button";
    const say = (is) => {
      button.setAttribute("aria-expanded", String(is));
      tr.classList.toggle("opened", is);
    };
    say(open);
    button.addEventListener("click", () => {
      const was = tr.classList.contains("opened");
      say(!was);
      if (was) tr.nextSibling.remove(); else tr.after(detail(u));
    });
    head.append(button);
    const state = states[t(u[STATUS])] || ["none", t(u[STATUS])];
    const said = make("td");
    const beside = u[REVOKED].length ? " " + t(u[REVOKED][1]).slice(0, 10) + ", " + t(u[REVOKED][2]) : t(u[VERDICT]) === "warn" ? ", with a warning" : "";
    said.append(make("span", state[1] + beside, "sign " + state[0]));
    const cert = u[CERT].length ? t(u[CERT][2]).slice(0, 10) : "none";
    const key = t(u[ORIGIN]);
    tr.append(head, said, make("td", u[RECORD], "num"), when(u[TIME]), make("td", t(u[FIRMWARE])), make("td", origins[key] || key || "none"),
      make("td", cert, "num"), make("td", tests(u)), make("td", connection(u)));
    return tr;
  }

  function draw(until, open) {
    const part = document.createDocumentFragment();
    for (; drawn < Math.min(until, shown.length); drawn++) {
      part.append(line(shown[drawn], open));
      if (open) part.append(detail(shown[drawn]));
    }
    rows.append(part);
    moreLine.hidden = drawn >= shown.length;
    more.textContent = "Show more (" + (shown.length - drawn) + " are left)";
  }

  function begin(until, open) {
    rows.replaceChildren();
    drawn = 0;
    draw(until, open);
  }

  function search() {
    const want = imei.value.replace(/\s+/g, ""), state = status.value;
    shown = all.filter((u) => (!want || u[IMEI].includes(want)) && (!state || t(u[STATUS]) === state));
    found.textContent = shown.length + " of " + all.length + " units";
    begin(step, shown.length <= 3);
  }

  imei.addEventListener("input", search);
  status.addEventListener("input", search);
  document.getElementById("search").addEventListener("submit", (e) => e.preventDefault());
  more.addEventListener("click", () => draw(drawn + step * 4, false));
  window.addEventListener("beforeprint", () => begin(shown.length, shown.length <= few));
  window.addEventListener("afterprint", search);
  search();
})();
