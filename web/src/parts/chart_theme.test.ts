import { expect, it } from "vitest";
import { inTheme } from "./chart_theme";

it("what a chart says of its axes and its tooltip leaves them their colours", () => {
  const made = inTheme(
    {
      xAxis: { type: "category", axisLabel: { hideOverlap: true } },
      yAxis: { axisLabel: { color: "red" } },
      tooltip: { trigger: "item" },
    },
    "dark",
  );
  expect(made.xAxis).toMatchObject({
    type: "category",
    axisLabel: { hideOverlap: true, color: "#c9d1d9" },
  });
  expect(made.yAxis).toMatchObject({ axisLabel: { color: "red" } });
  expect(made.tooltip).toMatchObject({ trigger: "item", backgroundColor: "#25262b" });
});
