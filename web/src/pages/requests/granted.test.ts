import { describe, expect, it } from "vitest";
import type { SharedDataObject } from "~/api/unity";
import { whatIsGranted } from "./granted";

const table = (name: string, shared_as: string): SharedDataObject => ({
  name,
  data_object_type: "TABLE",
  shared_as,
});
const kObjects = [
  table("shop.sales.orders", "sales.orders"),
  table("shop.sales.customers", "people.customers"),
];

describe("what a request is granted", () => {
  it("is all of the share", () => {
    expect(whatIsGranted(kObjects, undefined)).toEqual({
      names: ["sales.orders", "people.customers"],
      others: [],
    });
  });

  it("is more than the table that was asked for", () => {
    const granted = whatIsGranted(kObjects, "people.customers");
    expect(granted.others).toEqual(["sales.orders"]);
    expect(granted.source).toBe("shop.sales.customers");
    expect(whatIsGranted(kObjects, "Orders").source).toBe("shop.sales.orders");
    expect(whatIsGranted([kObjects[0] as SharedDataObject], "sales.orders").others).toEqual([]);
  });

  it("is a whole schema where that is shared", () => {
    const schema: SharedDataObject = { name: "shop.sales", data_object_type: "SCHEMA" };
    expect(whatIsGranted([schema], "sales.orders")).toEqual({
      names: ["sales"],
      others: ["sales"],
      source: "shop.sales.orders",
    });
  });

  it("is nothing of what the share does not hold", () => {
    expect(whatIsGranted(kObjects, "sales.returns").source).toBeUndefined();
    expect(whatIsGranted(kObjects, "sales.returns").others).toHaveLength(2);
  });
});
