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
  const taxes: TaxLine[] = [];
  for (const taxCode of codes) {
    let baseMinor = 0;
    let occurs = false;
    for (const line of lines) {
      if (line.taxCode !== taxCode) continue;
      baseMinor += line.lineTotalMinor;
      occurs = true;
    }
    const rateBps = rates[taxCode];
    if (occurs) taxes.push({ taxCode, rateBps, baseMinor, taxMinor: taxOf(baseMinor, rateBps) });
  }
  return taxes;
}

/**
 * base * rate, rounded half up. In bigint because the product can pass a double's exact integers: 10^12 * 10^4 is
 * above 2^53, and half a cent must not be lost. Neither factor is negative, so adding half before the division is half up.
 */
export function taxOf(baseMinor: number, rateBps: number): number {
  return Number((BigInt(baseMinor) * BigInt(rateBps) + 5_000n) / 10_000n);
}
