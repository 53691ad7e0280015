#include "notify/notifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "catalog/shared_objects.h"
#include "notify/posting.h"

namespace sluice::notify {
namespace {

// Of failures that wait to be told.
constexpr size_t kMostFailed = 1000;
// Of the known: that there was a first look.
constexpr std::string_view kStarted = "started";
constexpr std::string_view kTable = "table";
constexpr Millis kBetweenLooks = std::chrono::minutes(1);
// Changes that come in a row are looked at together.
constexpr Millis kGather{200};
constexpr Millis kBetweenDeliveries{1'000};
constexpr std::chrono::hours kBetweenDrops{6};

std::optional<Fact> FactOfDenied(const catalog::Picture& picture, TimePoint now,
                                 const std::string& name) {
  const catalog::Securable* found = picture.FindByName(catalog::Kind::kRecipient, name);
  if (found == nullptr) return std::nullopt;
  return Fact{.key = fmt::format("denied:{}:{}", found->id, ToUnixMillis(now)),
              .kind = Kind::kRecipientDeniedRepeatedly,
              .title = fmt::format("{} is refused again and again", found->name),
              .text = fmt::format("Many requests of recipient {} were refused within an hour. The "
                                  "audit log has them.",
                                  found->name),
              .recipient = found->name,
              .recipient_id = found->id,
              .holders = PeopleOf(picture, found->owner)};
}

std::optional<Fact> FactOfFailed(const catalog::Picture& picture, TimePoint now,
                                 const FailedQuery& query) {
  const catalog::Securable* recipient = picture.Find(query.recipient);
  const catalog::Securable* share = picture.FindByName(catalog::Kind::kShare, query.share);
  if (recipient == nullptr || share == nullptr) return std::nullopt;
  const auto hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
  Fact fact{.key = fmt::format("query:{}:{}:{}:{}", recipient->id, share->id, query.table, hour),
            .kind = Kind::kQueryFailed,
            .title = fmt::format("A query of {} failed", query.table),
            .text = fmt::format("{} asked for table {} of share {}, to be answered later; that "
                                "failed: {}.",
                                recipient->name, query.table, share->name, query.why),
            .recipient = recipient->name,
            .recipient_id = recipient->id,
            .share = share->name,
            .share_id = share->id,
            .table = query.table,
            .holders = PeopleOf(picture, share->owner)};
  fact.holders.push_back(recipient->id);
  return fact;
}

}  // namespace

Notifier::Notifier(db::Database& database, catalog::Catalog& catalog, Transport& transport,
                   LookAtTable look, const Options& options)
    : database_(database),
      catalog_(catalog),
      look_(std::move(look)),
      options_(options),
      delivering_(database, catalog, transport),
      reports_(database, catalog, options.count_usage, options.portal_url) {}

Result<std::unique_ptr<Notifier>> Notifier::Open(db::Database& database, catalog::Catalog& catalog,
                                                 Transport& transport, LookAtTable look,
                                                 const Options& options) {
  std::unique_ptr<Notifier> made(
      new Notifier(database, catalog, transport, std::move(look), options));
  TRY(database.Read([&](db::Session& session) -> Status {
    made->known_ = TRY(LoadKnown(session));
    return {};
  }));
  made->has_known_ = made->known_.contains(kStarted);
  return made;
}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  delivering_.Stop();
  reports_.Stop();
  watch_wake_.notify_all();
  deliver_wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  if (deliverer_.joinable()) deliverer_.join();
}

Status Notifier::Start() {
  // Before anything changes: on the very first start all there is counts as known.
  TRY(CompareCatalog(Broken::kLeftOut));
  watcher_ = std::thread([this] { WatchLoop(); });
  deliverer_ = std::thread([this] { DeliverLoop(); });
  return {};
}

void Notifier::Wake() {
  {
    const std::lock_guard lock(mutex_);
    changed_ = true;
  }
  watch_wake_.notify_one();
}

// False: it is over.
bool Notifier::Wait(std::condition_variable& wake, Millis at_most, bool& flag) {
  std::unique_lock lock(mutex_);
  wake.wait_for(lock, at_most, [&] { return stopping_ || flag; });
  flag = false;
  return !stopping_;
}

void Notifier::WatchLoop() {
  // Times of this thread alone; the clock of facts is the catalog's.
  auto broken_at = std::chrono::steady_clock::now() - kBetweenLooks;
  auto tables_at = broken_at;
  FailureLog failures;
  std::optional<std::chrono::steady_clock::time_point> dropped_at;
  bool gathering = false;
  const Millis pause = std::min<Millis>(kBetweenLooks, options_.table_poll);
  do {
    const auto now = std::chrono::steady_clock::now();
    const bool slow = now - broken_at >= kBetweenLooks;
    if (slow) broken_at = now;
    failures.Note("comparing the catalog for notifications",
                  CompareCatalog(slow ? Broken::kIncluded : Broken::kLeftOut));
    failures.Note("noting refusals and failed queries", PostTold());
    if (now - tables_at >= options_.table_poll) {
      tables_at = now;
      failures.Note("looking at shared tables for notifications", LookAtTables());
    }
    if (!dropped_at || now - *dropped_at >= kBetweenDrops) {
      dropped_at = now;
      failures.Note("dropping old notifications", DropOld());
    }
    const Millis until_report = RunReports(failures);
    bool never = false;
    if (!Wait(watch_wake_, kGather, never)) return;
    gathering = Wait(watch_wake_, std::min(pause, until_report), changed_);
  } while (gathering);
}

// Until the next one is due.
Millis Notifier::RunReports(FailureLog& failures) {
  const auto next = reports_.RunDue();
  failures.Note("running usage reports", next ? Status() : std::unexpected(next.error()));
  if (!next || !*next) return kBetweenLooks;
  return std::max<Millis>(**next - catalog_.clock().Now(), Millis(0));
}

void Notifier::DeliverLoop() {
  bool more = false;
  FailureLog failures;
  while (more || Wait(deliver_wake_, kBetweenDeliveries, posted_)) {
    const Result<bool> delivered = Deliver();
    failures.Note("delivering notifications",
                  delivered ? Status() : std::unexpected(delivered.error()));
    more = delivered.value_or(false);
    if (more) {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
  }
}

Status Notifier::PostAll(const std::vector<Fact>& facts, const Known& came,
                         const std::vector<std::string>& gone) {
  TRY(database_.Write([&](db::Session& session) -> Status {
    for (const Fact& fact : facts) TRY(Post(session, Now(), fact));
    for (const auto& [key, value] : came) TRY(PutKnown(session, key, value));
    for (const std::string& key : gone) TRY(EraseKnown(session, key));
    return {};
  }));
  for (const auto& [key, value] : came) known_.insert_or_assign(key, value);
  for (const std::string& key : gone) known_.erase(key);
  if (facts.empty()) return {};
  {
    const std::lock_guard lock(mutex_);
    posted_ = true;
  }
  deliver_wake_.notify_one();
  return {};
}

Status Notifier::CompareCatalog(Broken broken) {
  const std::lock_guard lock(comparing_);
  const auto picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  const Known states = StatesOf(*picture, now, options_.notice, broken);
  std::vector<Fact> facts;
  Known came;
  std::vector<std::string> gone;
  for (const auto& [key, value] : states) {
    const auto before = known_.find(key);
    if (before != known_.end() && before->second == value) continue;
    came.emplace(key, value);
    if (before != known_.end() || !has_known_) continue;  // other names, or the first look
    if (auto fact = FactOfNew(*picture, now, key, known_)) facts.push_back(*std::move(fact));
  }
  for (const auto& [key, value] : known_) {
    if (!IsOfCatalog(key) || states.contains(key)) continue;
    if (broken == Broken::kLeftOut && IsOfSlowLook(key)) continue;
    gone.push_back(key);
    if (auto fact = FactOfGone(*picture, now, key, value)) facts.push_back(*std::move(fact));
  }
  if (!has_known_) came.emplace(kStarted, "");
  if (came.empty() && gone.empty()) return {};
  TRY(PostAll(facts, came, gone));
  has_known_ = true;
  return {};
}

Status Notifier::LookAt(const catalog::Picture& picture, const catalog::Securable& table,
                        std::vector<Fact>& facts, Known& came) {
  const std::string key = fmt::format("{}:{}", kTable, table.id);
  const auto looked = look_(table.As<catalog::Table>().storage_location);
  // A table that cannot be read now is looked at again.
  if (!looked) return {};
  const TimePoint now = catalog_.clock().Now();
  const auto known = known_.find(key);
  const auto before = known == known_.end() ? std::nullopt : ReadTableKnown(known->second);
  TableKnown after{looked->version, ColumnsOf(looked->schema), now};
  if (!before) {
    after.told_at = {};
    came.insert_or_assign(key, WriteTableKnown(after));
    return {};
  }
  const std::string changes = ColumnChanges(before->columns, after.columns);
  const bool moved = after.version != before->version;
  if (!moved || (changes.empty() && now - before->told_at < kBetweenTableFacts)) return {};
  for (const catalog::Securable* share : picture.SharesWith(table.id)) {
    // What the owner of the share may not read is not handed out, nor told of.
    const catalog::Access owner(picture, share->owner, now);
    if (!owner.May(catalog::Action::kReadData, table).allowed) continue;
    Fact fact{.key = fmt::format("{}:{}:{}:{}", key, share->id, after.version, ToUnixMillis(now)),
              .kind = changes.empty() ? Kind::kTableChanged : Kind::kSchemaChanged,
              .share = share->name,
              .share_id = share->id};
    const catalog::Securable* schema = picture.Find(table.parent);
    fact.table = (schema == nullptr ? std::string() : schema->name + ".") + table.name;
    for (const auto& object : share->As<catalog::Share>().objects) {
      if (object.object != table.id) continue;
      if (const auto name = catalog::NameOf(picture, object)) fact.table = name->Full();
    }
    fact.title =
        changes.empty()
            ? fmt::format("{} of share {} has new data", fact.table, share->name)
            : fmt::format("The columns of {} of share {} changed", fact.table, share->name);
    fact.text = fmt::format("It is at version {}, from {}.", after.version, before->version);
    if (!changes.empty()) fact.text += fmt::format(" Columns {}.", changes);
    for (const catalog::Grant& grant : share->grants) {
      if (grant.HoldsAt(now)) fact.holders.push_back(grant.principal);
    }
    facts.push_back(std::move(fact));
  }
  came.insert_or_assign(key, WriteTableKnown(after));
  return {};
}

namespace {

// The tables that subscriptions are about.
std::set<catalog::Id> TablesWanted(const catalog::Picture& picture,
                                   const std::vector<Subscription>& subscriptions) {
  std::set<catalog::Id> tables;
  const auto add = [&](const catalog::Securable& share) {
    for (const auto& object : share.As<catalog::Share>().objects) {
      if (object.kind == catalog::Kind::kTable) {
        tables.insert(object.object);
        continue;
      }
      picture.VisitChildren(catalog::Kind::kTable, object.object, "", [&](const auto& table) {
        tables.insert(table->id);
        return true;
      });
    }
    return true;
  };
  for (const Subscription& one : subscriptions) {
    if (!one.Wants(Kind::kTableChanged) && !one.Wants(Kind::kSchemaChanged)) continue;
    if (one.share_id.empty()) {
      picture.VisitChildren(catalog::Kind::kShare, picture.metastore().id, "",
                            [&](const auto& share) { return add(*share); });
    } else if (const auto* share = picture.Find(one.share_id)) {
      add(*share);
    }
  }
  return tables;
}

}  // namespace

Status Notifier::LookAtTables() {
  const std::vector<Subscription> subscriptions = TRY(Subscriptions());
  const auto picture = catalog_.Now();
  const std::set<catalog::Id> wanted = TablesWanted(*picture, subscriptions);
  for (const catalog::Id& id : wanted) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return {};
    }
    const catalog::Securable* table = picture->Find(id);
    if (table == nullptr || table->kind() != catalog::Kind::kTable) continue;
    const std::lock_guard lock(comparing_);
    std::vector<Fact> facts;
    Known came;
    TRY(LookAt(*picture, *table, facts, came));
    if (!came.empty()) TRY(PostAll(facts, came, {}));
  }
  // What nobody wants to hear of any more is forgotten: who asks anew begins anew.
  const std::lock_guard lock(comparing_);
  std::vector<std::string> gone;
  const std::string front = std::string(kTable) + ':';
  for (auto at = known_.lower_bound(front); at != known_.end() && at->first.starts_with(front);
       ++at) {
    if (!wanted.contains(at->first.substr(front.size()))) gone.push_back(at->first);
  }
  return gone.empty() ? Status() : PostAll({}, {}, gone);
}

void Notifier::Denied(const std::string& recipient) {
  {
    const std::lock_guard lock(mutex_);
    denied_.push_back(recipient);
    changed_ = true;
  }
  watch_wake_.notify_one();
}

void Notifier::QueryFailed(FailedQuery query) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_.size() >= kMostFailed) return;
    failed_.push_back(std::move(query));
    changed_ = true;
  }
  watch_wake_.notify_one();
}

Status Notifier::PostTold() {
  std::vector<std::string> denied;
  std::vector<FailedQuery> failed;
  {
    const std::lock_guard lock(mutex_);
    denied.swap(denied_);
    failed.swap(failed_);
  }
  const auto picture = catalog_.Now();
  const TimePoint now = catalog_.clock().Now();
  std::vector<Fact> facts;
  for (const std::string& name : denied) {
    if (auto fact = FactOfDenied(*picture, now, name)) facts.push_back(*std::move(fact));
  }
  for (const FailedQuery& query : failed) {
    if (auto fact = FactOfFailed(*picture, now, query)) facts.push_back(*std::move(fact));
  }
  if (facts.empty()) return {};
  const std::lock_guard lock(comparing_);
  return PostAll(facts, {}, {});
}

Result<bool> Notifier::Deliver() {
  const Delivering::Round round = TRY(delivering_.SendDue());
  for (const Delivery& lost : round.given_up) {
    const auto picture = catalog_.Now();
    std::string name = lost.destination;
    for (const Destination& one : TRY(Destinations())) {
      if (one.id == lost.destination) name = one.display_name;
    }
    // To inboxes alone: a message about it would go the same way.
    const Fact fact{.key = "failed:" + lost.id,
                    .kind = Kind::kDeliveryFailed,
                    .title = fmt::format("A message to {} could not be delivered", name),
                    .text = fmt::format("It was tried {} times in {} hours and is given up.",
                                        lost.attempts, kGiveUpAfter.count()),
                    .holders = PeopleOf(*picture, picture->metastore().owner)};
    TRY(database_.Write([&](db::Session& session) -> Status {
      TRY(PostToInboxes(session, Now(), fact));
      return EraseDelivery(session, lost.id);
    }));
  }
  return round.more;
}

Status Notifier::DropOld() {
  const TimePoint limit = catalog_.clock().Now() - kKeptInInbox;
  return database_.Write([&](db::Session& session) { return DropOlder(session, limit); });
}

}  // namespace sluice::notify
