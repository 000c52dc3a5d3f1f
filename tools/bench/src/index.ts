export { cpuBetween, cpuOf } from "./cpu";
export { median, ratiosOf, summarise, tableOf } from "./report";
export { readSettings } from "./settings";
