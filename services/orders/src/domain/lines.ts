import { amountMinorMax } from "@quartermaster/contracts";

export interface AskedLine {
  readonly productId: number;
  readonly quantity: number;
}

/** Lines of one product added up, in the order in which the products were first named. */
export function addUp(lines: readonly AskedLine[]): AskedLine[] {
  const byProduct = new Map<number, number>();
  for (const line of lines)
    byProduct.set(line.productId, (byProduct.get(line.productId) ?? 0) + line.quantity);
  return [...byProduct].map(([productId, quantity]) => ({ productId, quantity }));
}

/** The product as it was when the stock was reserved. */
export interface ReservedLine extends AskedLine {
  readonly sku: string;
  readonly productName: string;
  readonly unitPriceMinor: number;
  readonly taxCode: "STANDARD" | "ZERO" | "EXEMPT";
}

/** A line as it is sold, frozen for good. Amounts in minor units. */
export interface SoldLine extends ReservedLine {
  readonly lineTotalMinor: number;
}

/** Prices that a customer has agreed on, by product, in minor units; they stand before the product's own. */
export type ContractRates = ReadonlyMap<number, number>;

/**
 * The lines with their prices and the sum over them, without tax and shipping; undefined when a line, or the sum, is
 * more than an invoice can hold. A quantity times a price may pass 2^53, but rounding never reverses an order of
 * size, so the comparison with the limit (below 2^53) holds, and what is below the limit is exact.
 */
export function priced(
  lines: readonly ReservedLine[],
  rates: ContractRates = new Map(),
): { lines: SoldLine[]; totalMinor: number } | undefined {
  let totalMinor = 0;
  const sold: SoldLine[] = [];
  for (const line of lines) {
    const unitPriceMinor = rates.get(line.productId) ?? line.unitPriceMinor;
    const lineTotalMinor = line.quantity * unitPriceMinor;
    totalMinor += lineTotalMinor;
    if (totalMinor > amountMinorMax) return undefined;
    sold.push({
      productId: line.productId,
      quantity: line.quantity,
      sku: line.sku,
      productName: line.productName,
      unitPriceMinor,
      taxCode: line.taxCode,
      lineTotalMinor,
    });
  }
  return { lines: sold, totalMinor };
}
