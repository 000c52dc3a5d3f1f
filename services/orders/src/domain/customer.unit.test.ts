import { accountName } from "./customer";

test("an account that nobody named has its user's name, cut to what a name may be, and never is nameless", () => {
  expect(accountName(" Ann ")).toBe("Ann");
  expect(accountName("n".repeat(254))).toBe("n".repeat(200));
  expect(accountName(`${"n".repeat(199)}😀`)).toBe("n".repeat(199));
  for (const nothing of [null, undefined, "", "  "]) expect(accountName(nothing)).toBe("Customer");
});
