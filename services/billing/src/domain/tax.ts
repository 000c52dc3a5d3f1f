import type { Invoice, TaxCode } from "@quartermaster/contracts";
import type { z } from "zod";

export type TaxCodeName = z.infer<typeof TaxCode>;
/** The rate of each tax code in basis points. */
export type TaxRates = Readonly<Record<TaxCodeName, number>>;
export type TaxLine = z.infer<typeof Invoice>["taxes"][number];

const codes: readonly TaxCodeName[] = ["STANDARD", "ZERO", "EXEMPT"];

/**
 * The tax of a document: per tax code on the sum of its lines, rounded half up once (DOMAIN.md, Conventions), in
 * minor units. Only codes that occur have a line.
 */
export function taxesOf(
  lines: readonly { taxCode: TaxCodeName; lineTotalMinor: number }[],
  rates: TaxRates,
): TaxLine[] {
  return codes.flatMap((taxCode) => {
    const taxed = lines.filter((line) => line.taxCode === taxCode);
    if (taxed.length === 0) return [];
    const baseMinor = taxed.reduce((sum, line) => sum + line.lineTotalMinor, 0);
    return [{ taxCode, rateBps: rates[taxCode], baseMinor, taxMinor: taxOf(baseMinor, rates[taxCode]) }];
  });
}

/**
 * base * rate, rounded half up. In bigint because the product can pass a double's exact integers: 10^12 * 10^4 is
 * above 2^53, and half a cent must not be lost. Neither factor is negative, so adding half before the division is half up.
 */
export function taxOf(baseMinor: number, rateBps: number): number {
  return Number((BigInt(baseMinor) * BigInt(rateBps) + 5_000n) / 10_000n);
}
