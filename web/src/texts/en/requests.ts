export const requests = {
  title: "Requests",
  description:
    "What recipients and colleagues ask for: access, a longer term, and what they think of the data.",
  show: "Which requests",
  open: "Open",
  noneOpen: "No open requests",
  none: "No requests yet",
  noneText: "Recipients can ask for more from their page, and tell what they think.",
  kinds: { access: "Asks for access", feedback: "Feedback", renewal: "Asks for more time" },
  states: { OPEN: "Open", APPROVED: "Approved", DENIED: "Denied", CLOSED: "Closed" },
  do: { APPROVED: "Approve", DENIED: "Deny", CLOSED: "Close" },
  answer: "Answer",
  answerHint: "{{who}} reads it.",
  answered: "{{who}} answered",
  grant: "Grant it now",
  grantHint: "{{who}} can read it from the next request on. Otherwise grant it yourself.",
  grantShare_zero: "Grant {{who}} the whole share {{share}}, which is empty",
  grantShare_one: "Grant {{who}} the whole share {{share}} now: {{count}} object",
  grantShare_other: "Grant {{who}} the whole share {{share}} now: {{count}} objects",
  more: "{{who}} asks for {{table}} only. The share also holds {{others}}.",
  noShare:
    "There is no share {{share}}, or you may not see it: nothing is granted with the answer.",
  unnamed: "{{who}} names no share: nothing is granted with the answer.",
  shareOnly: "Share {{table}} alone",
  shareElse: "Share tables with it",
  renewText:
    "{{who}} needs a new token for that: its page opens after the answer. Set a later end there, and make one.",
} as const;
