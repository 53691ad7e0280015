// pages/shares/ShareThis.tsx -- "share this": from tables to a link in a minute, step by step.
//
// Nothing is made before the last step. What it made stays when a later part of it is refused: trying again goes on from
// there, with what was changed meanwhile.
import {
  Alert,
  Anchor,
  Button,
  Group,
  List,
  Paper,
  Stack,
  Stepper,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useMediaQuery } from "@mantine/hooks";
import { IconCircleCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "~/api/client";
import { useChanged } from "~/api/unity";
import type { components } from "~/api/unity.gen";
import { CopyField } from "~/parts/CopyField";
import { ErrorNotice } from "~/parts/ErrorNotice";
import { nameProblem } from "~/parts/names";
import { PageHeader } from "~/parts/PageHeader";
import { inWords, isComplete } from "./conditions";
import { type ActivationLink, useGiving } from "./giving";
import { HistoryOptions, noOptions, type Options, RowOptions, toObject } from "./ObjectOptions";
import { type Chosen, RecipientPicker, useChosenProblem } from "./RecipientPicker";
import { TablePicker } from "./TablePicker";

interface Plan {
  name: string;
  comment: string;
  tables: string[];
  options: Record<string, Options>;
  recipients: Chosen;
  expires: string | null;
}

interface Done {
  share: string;
  links: ActivationLink[];
}

const optionsFor = (plan: Plan, table: string) => plan.options[table] ?? noOptions();

export function ShareThis() {
  const { t } = useTranslation();
  const search = useSearch({ strict: false }) as { table?: string; recipient?: string };
  const narrow = useMediaQuery("(max-width: 48em)");
  const [step, setStep] = useState(0);
  const [plan, setPlan] = useState<Plan>(() => ({
    name: "",
    comment: "",
    tables: search.table ? [search.table] : [],
    options: {},
    recipients: { existing: search.recipient ? [search.recipient] : [], fresh: [] },
    expires: null,
  }));
  const set = (part: Partial<Plan>) => setPlan((old) => ({ ...old, ...part }));
  const setOptions = (table: string, options: Options) =>
    set({ options: { ...plan.options, [table]: options } });
  const { make, isMade } = useMakeShare();
  const problem = useChosenProblem(plan.recipients, isMade);
  const nameError = plan.name === "" ? null : nameProblem(plan.name, t);
  const ready = [
    plan.tables.length > 0 && nameProblem(plan.name, t) === null,
    plan.tables.every((table) => optionsFor(plan, table).partitions.flat().every(isComplete)),
    true,
    problem === undefined,
  ];

  if (make.data) return <Finished done={make.data} />;
  return (
    <>
      <PageHeader
        title={t("shares.wizard.title")}
        description={t("shares.wizard.description")}
        above={[{ label: t("shares.title"), to: "/shares" }]}
      />
      <Stepper
        active={step}
        onStepClick={(to) => to < step && !make.isPending && setStep(to)}
        allowNextStepsSelect={false}
        size="sm"
        {...(narrow && { orientation: "vertical" as const })}
      >
        <Stepper.Step label={t("shares.wizard.tables")}>
          <Stack my="md">
            <TextInput
              label={t("shares.wizard.shareName")}
              description={t("shares.nameHint")}
              value={plan.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
              error={nameError}
              maw={420}
              required
            />
            <TablePicker chosen={plan.tables} onChange={(tables) => set({ tables })} />
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={t("shares.wizard.rows")}>
          <Stack my="md">
            {plan.tables.map((table) => (
              <Paper key={table} withBorder p="md">
                <Title order={2} size="h5" mb="sm" className="break-anywhere">
                  {table}
                </Title>
                <RowOptions
                  table={table}
                  value={optionsFor(plan, table)}
                  onChange={(options) => setOptions(table, options)}
                />
              </Paper>
            ))}
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={t("shares.wizard.history")}>
          <Stack my="md">
            {plan.tables.map((table) => (
              <Paper key={table} withBorder p="md">
                <Title order={2} size="h5" mb="sm" className="break-anywhere">
                  {table}
                </Title>
                <HistoryOptions
                  value={optionsFor(plan, table)}
                  onChange={(options) => setOptions(table, options)}
                />
              </Paper>
            ))}
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={t("shares.wizard.recipients")}>
          <Stack my="md" maw={560}>
            <RecipientPicker
              value={plan.recipients}
              onChange={(recipients) => set({ recipients })}
              problem={problem}
            />
            <DateTimePicker
              label={t("shares.who.until")}
              description={t("shares.who.untilHint")}
              value={plan.expires}
              onChange={(expires) => set({ expires })}
              minDate={new Date()}
              clearable
              clearButtonProps={{ "aria-label": t("remove") }}
            />
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={t("shares.wizard.review")}>
          <Review plan={plan} problem={problem} />
        </Stepper.Step>
      </Stepper>
      {make.error && <ErrorNotice error={make.error} />}
      <Group mt="lg" justify="space-between">
        <Button
          variant="default"
          disabled={step === 0 || make.isPending}
          onClick={() => setStep(step - 1)}
        >
          {t("back")}
        </Button>
        {step < 4 ? (
          <Button disabled={!ready[step]} onClick={() => setStep(step + 1)}>
            {t("next")}
          </Button>
        ) : (
          <Button
            disabled={!ready.every(Boolean)}
            loading={make.isPending}
            onClick={() => make.mutate(plan)}
          >
            {t("shares.wizard.share")}
          </Button>
        )}
      </Group>
    </>
  );
}

function Review({ plan, problem }: { plan: Plan; problem: string | undefined }) {
  const { t } = useTranslation();
  const everybody = [...plan.recipients.existing, ...plan.recipients.fresh];
  return (
    <Stack my="md">
      <Text>{t("shares.wizard.reviewText", { share: plan.name, count: plan.tables.length })}</Text>
      <Table.ScrollContainer minWidth={520}>
        <Table withTableBorder>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("shares.object.table")}</Table.Th>
              <Table.Th>{t("shares.object.rows")}</Table.Th>
              <Table.Th>{t("shares.object.history")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {plan.tables.map((table) => {
              const object = toObject(table, optionsFor(plan, table));
              return (
                <Table.Tr key={table}>
                  <Table.Td className="break-anywhere">{table}</Table.Td>
                  <Table.Td className="break-anywhere">
                    {inWords(object.partitions) || t("shares.rows.allShort")}
                  </Table.Td>
                  <Table.Td>
                    {object.history_data_sharing_status === "ENABLED"
                      ? object.cdf_enabled
                        ? t("shares.history.withCdf")
                        : t("yes")
                      : t("no")}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {everybody.length > 0 ? (
        <>
          <Text>{t("shares.wizard.whoText", { count: everybody.length })}</Text>
          <List size="sm">
            {everybody.map((name) => (
              <List.Item key={name}>{name}</List.Item>
            ))}
          </List>
        </>
      ) : (
        <Alert color="yellow">{t("shares.wizard.nobodyText")}</Alert>
      )}
      {problem && <Alert color="yellow">{problem}</Alert>}
    </Stack>
  );
}

interface Made {
  // Its name.
  share?: string;
  // Tables that an attempt named, and what the share holds if the last filling went through.
  tables: string[];
  filled?: string;
}

// Makes what of the plan is not made yet, and changes what an earlier attempt made of another plan.
function useMakeShare() {
  const changed = useChanged();
  const { isMade, give } = useGiving();
  const made = useRef<Made>({ tables: [] });
  const make = useMutation({
    mutationFn: async (plan: Plan): Promise<Done> => {
      await nameShare(plan, made.current);
      await fill(plan, made.current);
      return { share: plan.name, links: await give(plan.name, plan.recipients, plan.expires) };
    },
    // What was made is there, whatever came of the rest.
    onSettled: () => changed("shares", "share", "recipients", "recipient"),
  });
  return { make, isMade };
}

async function nameShare({ name, comment }: Plan, made: Made) {
  if (made.share === undefined) {
    await body(
      api.POST("/api/2.1/unity-catalog/shares", { body: { name, ...(comment && { comment }) } }),
    );
  } else if (made.share !== name) {
    await updateShare(made.share, { new_name: name });
  }
  made.share = name;
}

// Afresh if anything differs: an update keeps what it does not name, a table's first version above all.
async function fill(plan: Plan, made: Made) {
  const objects = plan.tables.map((table) => toObject(table, optionsFor(plan, table)));
  const all = JSON.stringify(objects);
  if (made.filled === all) return;
  const there = made.tables.length > 0 ? await tablesOf(plan.name) : [];
  const tried = new Set(made.tables.map((name) => name.toLowerCase()));
  const old = there.filter((name) => tried.has(name.toLowerCase()));
  delete made.filled;
  made.tables = [...old, ...plan.tables];
  const updates = [
    ...old.map((name) => ({
      action: "REMOVE" as const,
      data_object: { name, data_object_type: "TABLE" as const },
    })),
    ...objects.map((data_object) => ({ action: "ADD" as const, data_object })),
  ];
  for (let begin = 0; begin < updates.length; begin += 100) {
    await updateShare(plan.name, { updates: updates.slice(begin, begin + 100) });
  }
  made.filled = all;
}

const updateShare = (name: string, change: components["schemas"]["UpdateShare"]) =>
  body(
    api.PATCH("/api/2.1/unity-catalog/shares/{name}", {
      params: { path: { name } },
      body: change,
    }),
  );

async function tablesOf(name: string): Promise<string[]> {
  const share = await body(
    api.GET("/api/2.1/unity-catalog/shares/{name}", {
      params: { path: { name }, query: { include_shared_data: true } },
    }),
  );
  return (share.objects ?? []).map((object) => object.name);
}

function Finished({ done }: { done: Done }) {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader
        title={t("shares.wizard.doneTitle", { share: done.share })}
        icon={<IconCircleCheck size={32} color="var(--mantine-color-teal-filled)" aria-hidden />}
      />
      <Stack maw={720}>
        {done.links.length > 0 && (
          <>
            <Text>{t("shares.wizard.linksText", { count: done.links.length })}</Text>
            {done.links.map(({ recipient, url }) => (
              <div key={recipient}>
                <Text size="sm" fw={600} mb={4}>
                  {recipient}
                </Text>
                <CopyField value={url} label={t("shares.wizard.linkOf", { recipient })} />
              </div>
            ))}
            <Text size="sm" c="dimmed">
              {t("shares.wizard.linkOnce")}
            </Text>
          </>
        )}
        <Group>
          <Button component={Link} to={`/shares/${encodeURIComponent(done.share)}`}>
            {t("shares.wizard.openShare")}
          </Button>
          <Anchor component={Link} to="/recipients">
            {t("shares.wizard.toRecipients")}
          </Anchor>
        </Group>
      </Stack>
    </>
  );
}
