import { barChart } from "./chart";

const bar = (label: string, ...values: number[]) => ({
  label,
  parts: values.map((value, index) => ({ name: `part ${index}`, value })),
  note: `${values.length} parts`,
});

/** The widths of the bars' parts, in their order. */
function lengthsIn(svg: string): number[] {
  return [...svg.matchAll(/<rect x="[\d.]+" y="\d+" width="([\d.]+)" height="20"/g)].map(([, length]) =>
    Number(length),
  );
}

test("the longest bar of a panel fills it, the others are in proportion", () => {
  const [first = 0, second] = lengthsIn(
    barChart([{ title: "t", bars: [bar("a", 1_000), bar("b", 250)] }], "c"),
  );
  expect(second).toBeCloseTo(first / 4, 1);
});

test("the parts of a bar stand beside each other, and have a legend", () => {
  const svg = barChart([{ title: "t", bars: [bar("a", 3, 1), bar("b", 4)] }], "c");
  const [one = 0, two = 0, whole] = lengthsIn(svg);
  expect(one + two).toBeCloseTo(whole ?? 0, 0);
  expect(svg.match(/part [01]<\/text>/g)).toEqual(["part 0</text>", "part 1</text>"]);
});

test("words are escaped", () => {
  expect(barChart([{ title: "a < b & c", bars: [bar("<x>", 1)] }], "c")).toContain("a &lt; b &amp; c");
});
