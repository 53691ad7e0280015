import { expect, it } from "vitest";
import { programsFor } from "./programs";

it("names the table in every program", () => {
  for (const { code } of programsFor("retail.sales.orders")) {
    expect(code).toContain("config.share#retail.sales.orders");
  }
});

it("a name cannot end the string that it stands in", () => {
  for (const { code } of programsFor('a.b."); import os #')) {
    expect(code).toContain('\\"); import os');
  }
});
