// app/theme.ts -- colours, type and the defaults of components.

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { i18next } from "~/texts";

// The colour of water in a lock; 7 on white and white on 7 pass WCAG AA.
const water: MantineColorsTuple = [
  "#e6f8fb",
  "#d3ecf1",
  "#a6d8e2",
  "#75c3d2",
  "#4fb1c5",
  "#37a6bd",
  "#279fb8",
  "#0b7285",
  "#066073",
  "#004d5e",
];

const kKeepsEscape = { "data-mantine-stop-propagation": true };

export const theme = createTheme({
  primaryColor: "water",
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  colors: { water },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    Tooltip: {
      defaultProps: {
        withArrow: true,
        openDelay: 300,
        events: { hover: true, focus: true, touch: true },
      },
    },
    // Said, so that styles can tell (global.css).
    Button: { defaultProps: { variant: "filled" } },
    Modal: { defaultProps: { centered: true } },
    // A dialog's heading is no banner of the page.
    ModalHeader: { defaultProps: { role: "presentation" } },
    DrawerHeader: { defaultProps: { role: "presentation" } },
    ModalCloseButton: { defaultProps: { "aria-label": i18next.t("close") } },
    DrawerCloseButton: { defaultProps: { "aria-label": i18next.t("close") } },
    // Text on a filled badge does not reach 4.5:1 in most colours.
    Badge: {
      defaultProps: { variant: "dot", tt: "none", fw: 550, style: { verticalAlign: "middle" } },
    },
    // Nor does the title of a notice in its own colour.
    Alert: { styles: { title: { color: "var(--mantine-color-text)" } } },
    // A name is said of what has a role.
    Loader: { defaultProps: { role: "status" } },
    // What scrolls can be scrolled by keys.
    TableScrollContainer: {
      defaultProps: { scrollAreaProps: { viewportProps: { tabIndex: 0 } } },
    },
    Anchor: { defaultProps: { underline: "hover" } },
    // Escape in its time closes it, not the dialog around it; its days say so themselves.
    DateTimePicker: {
      defaultProps: {
        timePickerProps: { hoursInputProps: kKeepsEscape, minutesInputProps: kKeepsEscape },
        submitButtonProps: kKeepsEscape,
      },
    },
  },
});

// Dimmed text of the library does not reach 4.5:1 on our backgrounds.
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c6370",
    "--mantine-color-anchor": "#0b6577",
    "--mantine-color-placeholder": "#6b7280",
    "--mantine-color-error": "#c92a2a",
  },
  dark: {
    "--mantine-color-dimmed": "#a3acb8",
    "--mantine-color-anchor": "#66d0e2",
    "--mantine-color-placeholder": "#98a1ad",
    "--mantine-color-error": "#ff8787",
  },
});
