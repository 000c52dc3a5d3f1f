import { DocumentNumber } from "@quartermaster/contracts";
import { documentNumber } from "./document-number";

test.each([
  ["INV", 1, "INV-000001"],
  ["CN", 999_999, "CN-999999"],
  ["INV", 1_000_000, "INV-1000000"],
])("%s %i is written %s", (series, number, written) => {
  expect(documentNumber(series, number)).toBe(written);
  expect(DocumentNumber.parse(written)).toBe(written);
});
