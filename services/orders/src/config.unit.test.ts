import { Minor } from "./config";

test("an amount in the configuration is a decimal with at most two places", () => {
  expect(["0", "4", "4.5", "4.50", "0.07", "9999999999.99"].map((text) => Minor.parse(text))).toEqual([
    0, 400, 450, 450, 7, 999_999_999_999,
  ]);
  for (const wrong of ["", "-1", "4.505", "1e3", "4,50", "free"])
    expect(Minor.safeParse(wrong).success).toBe(false);
});
