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
} as const;
