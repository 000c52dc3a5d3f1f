export interface AskedLine {
  readonly productId: number;
  readonly quantity: number;
}

export type TaxCode = "STANDARD" | "ZERO" | "EXEMPT";

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly taxCode: TaxCode;
}

/** A line as it is sold, frozen for good. */
export interface SoldLine extends AskedLine {
  readonly sku: string;
  readonly description: string;
  readonly unitPriceMinor: number;
  readonly lineTotalMinor: number;
  readonly taxCode: TaxCode;
}

export interface TaxLine {
  readonly taxCode: TaxCode;
  readonly rateBps: number;
  readonly baseMinor: number;
  readonly taxMinor: number;
}

export interface Sums {
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
  readonly taxes: readonly TaxLine[];
}

/** Hundredths of a percent for each code: 900 is 9 %. */
export type TaxRates = Readonly<Record<TaxCode, number>>;

export function sold(line: AskedLine, product: Product): SoldLine {
  return {
    ...line,
    sku: product.sku,
    description: product.name,
    unitPriceMinor: product.priceMinor,
    lineTotalMinor: line.quantity * product.priceMinor,
    taxCode: product.taxCode,
  };
}

/** The tax per code on the sum of its lines, rounded half up once. Only codes that occur have a line. */
export function sumsOf(lines: readonly SoldLine[], rates: TaxRates): Sums {
  const bases = new Map<TaxCode, number>();
  for (const line of lines) bases.set(line.taxCode, (bases.get(line.taxCode) ?? 0) + line.lineTotalMinor);
  const taxes = [...bases].map(([taxCode, baseMinor]) => {
    const rateBps = rates[taxCode];
    return { taxCode, rateBps, baseMinor, taxMinor: Math.floor((baseMinor * rateBps + 5_000) / 10_000) };
  });
  const subtotalMinor = lines.reduce((sum, line) => sum + line.lineTotalMinor, 0);
  const taxMinor = taxes.reduce((sum, tax) => sum + tax.taxMinor, 0);
  return { subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor, taxes };
}
