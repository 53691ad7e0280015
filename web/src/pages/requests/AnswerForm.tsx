// pages/requests/AnswerForm.tsx -- an answer to a request, and what is granted with it.
import { Anchor, Checkbox, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { isNotFound } from "~/api/errors";
import { shareQuery, useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { FormEnd } from "~/parts/FormEnd";
import { type Granted, whatIsGranted } from "./granted";

export type Request = components["schemas"]["Request"];
export type Answer = "APPROVED" | "DENIED" | "CLOSED";

interface Props {
  request: Request;
  status: Answer;
  onClose: () => void;
}

export function AnswerForm({ request, status, onClose }: Props) {
  const { t } = useTranslation();
  const changed = useChanged();
  const navigate = useNavigate();
  const [answer, setAnswer] = useState("");
  const [chosen, setChosen] = useState<boolean>();
  const gives = status === "APPROVED" && request.kind === "access";
  const renews = status === "APPROVED" && request.kind === "renewal";
  const ofRecipient = request.asked_by_type === "recipient";
  const share = useQuery({
    ...shareQuery(request.share ?? ""),
    enabled: gives && ofRecipient && request.share !== undefined,
    retry: (times, error) => !isNotFound(error) && times < 2,
  });
  const granted = share.data && whatIsGranted(share.data.objects ?? [], request.table);
  const possible = gives && (ofRecipient ? granted !== undefined : request.full_name !== undefined);
  const grant = possible && (chosen ?? !granted?.others.length);
  const send = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/2.1/sluice/requests/{id}", {
          params: { path: { id: request.id } },
          body: { status, ...(answer && { answer }), ...(grant && { grant }) },
        }),
      ),
    onSuccess: async () => {
      await changed("requests", "share", "recipient", "permissions", "notifications");
      onClose();
      if (renews) {
        await navigate({
          to: "/recipients/$name",
          params: { name: request.asked_by },
          search: { tab: "tokens" } as never,
        });
      }
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Stack>
        <Textarea
          label={t("requests.answer")}
          description={t("requests.answerHint", { who: request.asked_by })}
          value={answer}
          onChange={(event) => setAnswer(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={2000}
        />
        {renews && <Text size="sm">{t("requests.renewText", { who: request.asked_by })}</Text>}
        {possible && (
          <Checkbox
            label={
              granted
                ? t("requests.grantShare", {
                    share: request.share ?? "",
                    who: request.asked_by,
                    count: granted.names.length,
                  })
                : t("requests.grant")
            }
            description={
              granted
                ? granted.names.join(", ")
                : t("requests.grantHint", { who: request.asked_by })
            }
            styles={{ description: { overflowWrap: "anywhere" } }}
            checked={grant}
            onChange={(event) => setChosen(event.currentTarget.checked)}
          />
        )}
        {gives && ofRecipient && !share.isLoading && (
          <Instead request={request} granted={granted} gone={isNotFound(share.error)} />
        )}
        {share.error && !isNotFound(share.error) && <ErrorNotice error={share.error} />}
        <FormEnd
          of={send}
          onCancel={onClose}
          busy={share.isLoading}
          color={status === "DENIED" ? "red.9" : "water"}
        >
          {t(`requests.do.${status}`)}
        </FormEnd>
      </Stack>
    </form>
  );
}

interface InsteadProps {
  request: Request;
  granted: Granted | undefined;
  gone: boolean;
}

// Where the share is not, or not only, what was asked for: the way to share just that.
function Instead({ request, granted, gone }: InsteadProps) {
  const { t } = useTranslation();
  if (granted && granted.others.length === 0) return null;
  const text = granted
    ? t("requests.more", {
        who: request.asked_by,
        table: request.table ?? "",
        others: granted.others.join(", "),
      })
    : gone
      ? t("requests.noShare", { share: request.share ?? "" })
      : request.share === undefined
        ? t("requests.unnamed", { who: request.asked_by })
        : undefined;
  if (text === undefined) return null;
  const { source } = granted ?? {};
  return (
    <Text size="sm" className="break-anywhere">
      {text}{" "}
      <Anchor
        component={Link}
        to="/share"
        search={{ ...(source && { table: source }), recipient: request.asked_by } as never}
        inherit
      >
        {source ? t("requests.shareOnly", { table: source }) : t("requests.shareElse")}
      </Anchor>
    </Text>
  );
}
