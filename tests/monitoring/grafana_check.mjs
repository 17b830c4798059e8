// SPDX-License-Identifier: MIT
//
// Checks Grafana dashboards against Grafana's own schemas and units, the rules of Grafana's
// dashboard linter, and a few of ours. Then breaks each dashboard in many ways: all must be refused.
//
//   node grafana_check.mjs FOLDER_WITH_NODE_MODULES DASHBOARD.json...
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [work, ...files] = process.argv.slice(2);
const require = createRequire(path.resolve(work, "package.json"));

// @grafana/data was made for browsers.
Object.defineProperty(globalThis, "navigator", {
  value: { userAgent: "node", platform: "linux", language: "en", languages: ["en"] },
  configurable: true,
});
const Ajv = require("ajv").default;
const promql = require("@prometheus-io/lezer-promql").parser;
const units = new Set(require("@grafana/data").getValueFormats()
  .flatMap((category) => category.submenu.map((unit) => unit.value)));

// ---------------------------------------------------------------- schemas

const generator = await import(pathToFileURL(require.resolve("ts-json-schema-generator")));

/** A validator for a type of @grafana/schema, or null where that has no such type. */
function validatorFor(folder, type) {
  const types = path.resolve(work, "node_modules/@grafana/schema/dist/types/raw", folder,
    "x/types.gen.d.ts");
  const cached = path.resolve(work, `schema-${folder.replaceAll("/", "-")}-${type}.json`);
  if (!fs.existsSync(cached)) {
    const has = new RegExp(`export (interface|type) ${type}\\b`).test(fs.readFileSync(types, "utf8"));
    const schema = !has ? null : generator
      .createGenerator({ path: types, type, skipTypeCheck: true }).createSchema(type);
    fs.writeFileSync(cached, JSON.stringify(schema));
  }
  const schema = JSON.parse(fs.readFileSync(cached, "utf8"));
  return schema && new Ajv({ strict: false, allErrors: true }).compile(schema);
}

const isDashboard = validatorFor("dashboard", "Dashboard");
const panelTypes = new Map(
  ["bargauge", "heatmap", "stat", "state-timeline", "table", "timeseries"].map((type) => {
    const folder = `composable/${type.replace("-", "")}/panelcfg`;
    return [type, { options: validatorFor(folder, "Options"),
                    custom: validatorFor(folder, "FieldConfig") }];
  }));

function* violations(valid, value, where) {
  if (valid === null || valid(value)) return;
  for (const { instancePath, message, params } of valid.errors)
    yield `schema: ${where}${instancePath} ${message} ${JSON.stringify(params)}`;
}

/** Settings that a panel does not name get the defaults of its type; only what is said is judged. */
function* panelViolations(panel) {
  const type = panelTypes.get(panel.type);
  if (type === undefined) return yield `schema: panel ${panel.title}: unexpected type ${panel.type}`;
  const missing = /must have required property/;
  for (const [part, value] of [["options", panel.options],
                               ["custom", panel.fieldConfig?.defaults?.custom ?? {}]])
    for (const found of violations(type[part], value, `panel ${panel.title}: ${part}`))
      if (part === "options" || !missing.test(found)) yield found;
}

// ---------------------------------------------------------------- PromQL

const variables = { $__rate_interval: "5m", $__range: "1h" };
const withVariables = (expr) =>
  expr.replace(/\$__\w+/g, (name) => variables[name] ?? name);

/** Every node of an expression with its name, text and ancestors. */
function nodesOf(expr) {
  const nodes = [], ancestors = [];
  promql.parse(expr).iterate({
    enter(node) {
      const here = { name: node.type.isError ? "error" : node.name,
                     text: expr.slice(node.from, node.to), ancestors: [...ancestors] };
      nodes.push(here);
      ancestors.push(here);
    },
    leave: () => void ancestors.pop(),
  });
  return nodes;
}

const isOf = (node, names) =>
  names.some((name) => new RegExp(`^${name}\\s*\\(`).test(node?.text ?? ""));
const counts = (name) => /_(total|bucket|count|sum)$/.test(name);

function* queryFindings(expr) {
  const nodes = nodesOf(withVariables(expr));
  if (nodes.some((node) => node.name === "error")) return yield "is not PromQL";
  for (const { name, text, ancestors } of nodes) {
    if (name !== "VectorSelector") continue;
    const metric = text.match(/^[\w:]*/)[0];
    for (const label of ["job", "instance"])
      if (!new RegExp(`\\b${label}=~"\\$${label}\\|?"`).test(text))
        yield `${metric} has no matcher ${label}=~"$${label}"`;
    // Counters of the monitor have no host; nor have the counters of its interfaces.
    if (!/^(ALERTS|hostpick_moves_total|hostpick_interface_.*)$/.test(metric) &&
        !/\bhost=~"\$host"/.test(text))
      yield `${metric} has no matcher host=~"$host"`;
    const [call, matrix] = [ancestors.at(-3), ancestors.at(-1)];
    if (counts(metric) && !(matrix.name === "MatrixSelector" &&
                            isOf(call, ["rate", "irate", "increase"])))
      yield `${metric} counts, but is in no rate`;
    if (!counts(metric) && matrix.name === "MatrixSelector" && isOf(call, ["i?rate", "increase"]))
      yield `${metric} is a gauge, but in a rate`;
  }
  for (const [, fn, range] of expr.matchAll(/\b(i?rate|increase)\([^[]*\[([^\]]*)\]/g))
    if (range !== "$__rate_interval" && !(fn === "increase" && range === "$__range"))
      yield `${fn} over ${range}, not $__rate_interval`;
  for (const [name] of expr.matchAll(/\$__\w+/g))
    if (!(name in variables)) yield `unknown variable ${name}`;
}

// ---------------------------------------------------------------- rules

const allPanels = (dashboard) =>
  (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);

function* variableFindings(dashboard) {
  const list = dashboard.templating?.list ?? [];
  const sources = list.filter((variable) => variable.type === "datasource");
  if (sources.length !== 1 || sources[0].name !== "datasource" ||
      sources[0].label !== "Data source" || sources[0].query !== "prometheus")
    yield 'one data source variable is named "datasource" and labelled "Data source"';
  for (const [name, label] of [["job", "Job"], ["instance", "Instance"], ["host", "Host"]]) {
    const variable = list.find((each) => each.name === name);
    if (!variable) { yield `there is no variable ${name}`; continue; }
    const { type, datasource, refresh, multi, includeAll, allValue, query } = variable;
    if (variable.label !== label || type !== "query" || datasource?.uid !== "${datasource}" ||
        refresh !== 2 || !multi || !includeAll || allValue !== ".+")
      yield `variable ${name} is a query of any number of values, refreshed with the time range`;
    const [, selector] = /^label_values\((.*), \w+\)$/.exec(query) ?? [];
    if (!selector || nodesOf(selector).some((node) => node.name === "error"))
      yield `variable ${name}: ${query} is no label_values`;
  }
}

function* thresholdFindings(panel) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const all = [defaults.thresholds, ...overrides.flatMap((override) => override.properties ?? [])
    .filter((property) => property.id === "thresholds").map((property) => property.value)];
  for (const { steps } of all.filter(Boolean)) {
    if (steps[0]?.value !== null) yield "the first threshold covers everything below: null";
    for (let i = 2; i < steps.length; ++i)
      if (!(steps[i].value > steps[i - 1].value)) yield "thresholds do not rise";
  }
  // A table says it in the column of the score; the panel that counts hosts has no bands.
  const expressions = (panel.targets ?? []).map((target) => target.expr ?? "");
  if (!expressions.some((expr) => /^(?!count).*hostpick_quality_score/.test(expr))) return;
  const column = overrides.find((override) => override.matcher?.options === "Score");
  const { steps = [] } = (panel.type !== "table" ? defaults.thresholds
    : column?.properties.find((property) => property.id === "thresholds")?.value) ?? {};
  const bands = '[[null,"red"],[60,"yellow"],[80,"green"]]';
  if (JSON.stringify(steps.map(({ value, color }) => [value, color])) !== bands)
    yield "a score is red below 60, yellow below 80, green from 80";
}

function* unitFindings(panel) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const used = [defaults.unit, panel.options?.yAxis?.unit, panel.options?.cellValues?.unit,
    ...overrides.flatMap((override) => override.properties ?? [])
      .filter((property) => property.id === "unit").map((property) => property.value)]
    .filter((unit) => unit !== undefined);
  if (used.length === 0) yield "has no unit";
  for (const unit of used) if (!units.has(unit)) yield `${unit} is no unit of Grafana`;
  for (const { id } of overrides.flatMap((override) => override.properties ?? []))
    if (!/^(custom\.\w+|unit|decimals|min|max|mappings|thresholds|color)$/.test(id))
      yield `overrides ${id}, which is no property of a field`;
}

function* placeFindings(panels) {
  const overlap = (a, b) =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  for (const [i, { title, gridPos }] of panels.entries()) {
    if (!gridPos) { yield `panel ${title} has no place`; continue; }
    if (gridPos.x + gridPos.w > 24) yield `panel ${title} is wider than the screen`;
    for (const other of panels.slice(i + 1))
      if (other.gridPos && overlap(gridPos, other.gridPos))
        yield `panels ${title} and ${other.title} overlap`;
  }
}

function* panelFindings(panel) {
  if (!panel.title || !panel.description) yield "has no title or no description";
  for (const { uid } of [panel.datasource ?? {}, ...(panel.targets ?? []).map((t) => t.datasource ?? {})])
    if (uid !== "${datasource}") yield "does not ask the chosen data source";
  const targets = panel.targets ?? [];
  if (targets.length === 0) yield "asks nothing";
  if (new Set(targets.map((target) => target.refId)).size !== targets.length)
    yield "has two queries of one name";
  for (const target of targets) {
    for (const found of queryFindings(target.expr ?? "")) yield `query ${target.refId} ${found}`;
    const format = { heatmap: "heatmap", table: "table" }[panel.type];
    if (target.format !== format) yield `query ${target.refId}: its format is not ${format}`;
    if (format === "heatmap" && (target.legendFormat !== "{{le}}" || !/^sum by \(le\)/.test(target.expr)))
      yield "a heatmap is summed by le, and named by it";
    if (format === undefined && !target.legendFormat) yield `query ${target.refId} has no legend`;
    if (Boolean(target.instant) === Boolean(target.range))
      yield `query ${target.refId} is either of a moment or of a range`;
  }
  yield* thresholdFindings(panel);
  yield* unitFindings(panel);
}

function* findings(dashboard) {
  yield* violations(isDashboard, dashboard, "dashboard");
  const panels = allPanels(dashboard);
  if (dashboard.editable !== false) yield "rule: a provisioned dashboard is not editable";
  if (!/^hostpick-\w+$/.test(dashboard.uid ?? "")) yield "rule: its uid is hostpick-...";
  if (JSON.stringify(dashboard).includes("${DS_")) yield "rule: only the import dialog knows ${DS_...}";
  for (const found of variableFindings(dashboard)) yield `rule: ${found}`;
  if (new Set(panels.map((panel) => panel.id)).size !== panels.length)
    yield "rule: two panels have one id";
  for (const found of placeFindings(panels)) yield `rule: ${found}`;
  for (const panel of panels.filter(({ type }) => type !== "row")) {
    yield* panelViolations(panel);
    for (const found of panelFindings(panel)) yield `rule: panel ${panel.title}: ${found}`;
  }
}

// ---------------------------------------------------------------- what must be refused

const firstOf = (dashboard, type) => allPanels(dashboard).find((panel) => panel.type === type);
const anyPanel = (d) => allPanels(d).find(({ type }) => type !== "row");
const rewrite = (d, from, to) => {
  for (const target of allPanels(d).flatMap((panel) => panel.targets ?? []))
    target.expr = target.expr.replaceAll(from, to);
};

/** A name, what it does to a dashboard, and what the finding must say. */
const faults = [
  ["the envelope of the HTTP API", (d) => ({ dashboard: d }), /schema: .*additional/],
  ["no schemaVersion", (d) => void delete d.schemaVersion, /schema: .*schemaVersion/],
  ["a data source by name", (d) => void (anyPanel(d).datasource = "Prometheus"), /schema: .*object/],
  ["an unknown type of panel", (d) => void (anyPanel(d).type = "pie"), /unexpected type/],
  ["an option of the wrong type", (d) => void (firstOf(d, "timeseries").options.legend.showLegend = "yes"),
    /schema: .*showLegend/],
  ["an option that does not exist", (d) => void (firstOf(d, "timeseries").options.colour = "red"),
    /schema: .*colour/],
  ["a line style that does not exist",
    (d) => void (firstOf(d, "timeseries").fieldConfig.defaults.custom.drawStyle = "pie"), /schema: .*drawStyle/],
  ["no data source variable", (d) => void d.templating.list.shift(), /data source variable/],
  ["no variable of hosts", (d) => void d.templating.list.pop(), /no variable host/],
  ["values that are never refreshed", (d) => void (d.templating.list[3].refresh = 1), /variable host/],
  ["a unit that Grafana does not know", (d) => void (anyPanel(d).fieldConfig.defaults.unit = "mbps"), /mbps/],
  ["no unit", (d) => void delete firstOf(d, "stat").fieldConfig.defaults.unit, /no unit/],
  ["no description", (d) => void delete anyPanel(d).description, /no description/],
  ["no query", (d) => void (anyPanel(d).targets = []), /asks nothing/],
  ["broken PromQL", (d) => void (anyPanel(d).targets[0].expr += ")"), /not PromQL/],
  ["no matcher of the job", (d) => rewrite(d, 'job=~"$job", ', ""), /no matcher job/],
  ["no matcher of the instance", (d) => rewrite(d, ', instance=~"$instance"', ""), /no matcher instance/],
  ["no matcher of the host", (d) => rewrite(d, ', host=~"$host"', ""), /no matcher host/],
  ["a counter without a rate",
    (d) => void (anyPanel(d).targets[0].expr = 'hostpick_moves_total{job=~"$job", instance=~"$instance"}'),
    /counts, but/],
  ["a rate of a gauge",
    (d) => rewrite(d, /hostpick_quality_score\{[^}]*\}/g, "rate($&[$__rate_interval])"), /is a gauge/],
  ["two panels in one place", (d) => void (d.panels[1].gridPos = { ...d.panels[2].gridPos }), /overlap/],
  ["two panels of one id", (d) => void (d.panels[1].id = d.panels[2].id), /one id/],
  ["other bands", (d) => {
    for (const panel of allPanels(d))
      for (const step of panel.fieldConfig?.defaults.thresholds?.steps ?? [])
        if (step.value === 60) step.value = 50;
  }, /red below 60/],
  ["a first threshold at 0", (d) => {
    firstOf(d, "timeseries").fieldConfig.defaults.thresholds.steps[0].value = 0;
  }, /null/],
  ["editable", (d) => void (d.editable = true), /not editable/],
];
const faultsOfSome = [
  ["a fixed interval of rates", (d) => rewrite(d, "[$__rate_interval]", "[5m]"), /not \$__rate_interval/],
  ["a heatmap of something else", (d) => void delete firstOf(d, "heatmap").targets[0].format, /format/],
  ["a heatmap that is not summed", (d) => rewrite(d, "sum by (le) (rate", "(rate"), /summed by le/],
];

let bad = 0, refused = 0;
const complain = (...what) => { ++bad; console.error(...what); };

for (const file of files) {
  const original = JSON.parse(fs.readFileSync(file, "utf8"));
  for (const found of findings(original)) complain(`${file}: ${found}`);
  const applicable = firstOf(original, "heatmap") ? [...faults, ...faultsOfSome] : faults;
  for (const [name, spoil, expected] of applicable) {
    const copy = structuredClone(original);
    const spoilt = spoil(copy) ?? copy;
    if ([...findings(spoilt)].some((found) => expected.test(found))) ++refused;
    else complain(`${file}: accepted although spoilt: ${name}`);
  }
}
const uids = files.map((file) => JSON.parse(fs.readFileSync(file, "utf8")).uid);
if (new Set(uids).size !== uids.length) complain("two dashboards have one uid");
console.log(`${files.length} dashboards, ${bad} findings; ${refused} spoilt ones were refused`);
process.exit(bad === 0 && files.length > 0 ? 0 : 1);
