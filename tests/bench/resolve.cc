// resolve.cc -- what it costs to find a table for a recipient in a large catalog: 10,000
// recipients, 1,000 shares, 100,000 tables; each recipient has ten shares, each share a hundred
// tables, one by one or with their schema.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/manual_clock.h"
#include "catalog/catalog_resolver.h"
#include "catalog/testing/memory_store.h"

namespace {

using namespace sluice;

constexpr size_t kRecipients = 10'000;
constexpr size_t kShares = 1'000;
constexpr size_t kTablesPerShare = 100;
constexpr size_t kSharesPerRecipient = 10;

double UsedMegabytes() { return static_cast<double>(mallinfo2().uordblks) / 1e6; }

class LargeCatalog {
 public:
  static const LargeCatalog& Get() {
    static const LargeCatalog large;
    return large;
  }

  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<catalog::CatalogResolver> resolver;
  std::vector<std::string> principals;
  double catalog_megabytes = 0;
  double resolver_megabytes = 0;

 private:
  LargeCatalog() {
    const double before = UsedMegabytes();
    catalog = *catalog::Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
    const Status made = catalog->Change({}, [&](catalog::Edit& edit) -> Status {
      Fill(edit);
      return {};
    });
    if (!made) std::abort();
    store_ = {};  // what a database would hold
    const double filled = UsedMegabytes();
    resolver = std::make_unique<catalog::CatalogResolver>(*catalog);
    for (const std::string& principal : principals) {
      for (const catalog::ShareName& share : resolver->Shares(principal)) {
        benchmark::DoNotOptimize(resolver->FindShare(principal, share.name));
      }
    }
    catalog_megabytes = filled - before;
    resolver_megabytes = UsedMegabytes() - filled;
  }

  void Fill(catalog::Edit& edit) {
    using namespace catalog;
    const Id metastore = edit.picture().metastore().id;
    const Id main =
        edit.Create(Securable{.parent = metastore, .name = "main", .details = CatalogDetails{}});
    const Id owner = edit.Create(Principal{.name = "owner@example.org"});
    Securable readable = *edit.picture().Find(main);
    for (const Privilege privilege :
         {Privilege::kSelect, Privilege::kUseCatalog, Privilege::kUseSchema}) {
      readable.grants.push_back({owner, privilege});
    }
    edit.Update(std::move(readable));
    std::vector<std::vector<Grant>> grants(kShares);
    for (size_t i = 0; i < kRecipients; ++i) {
      const Id id = edit.Create(Securable{
          .parent = metastore, .name = "recipient" + std::to_string(i), .details = Recipient{}});
      principals.push_back("recipient:" + id);
      for (size_t j = 0; j < kSharesPerRecipient; ++j) {
        grants[(i + j * (kShares / kSharesPerRecipient)) % kShares].push_back({id});
      }
    }
    for (size_t i = 0; i < kShares; ++i) {
      std::ranges::sort(grants[i], std::less<>{}, &Grant::principal);
      MakeShare(edit, main, owner, i, std::move(grants[i]));
    }
  }

  static void MakeShare(catalog::Edit& edit, const catalog::Id& in, const catalog::Id& owner,
                        size_t number, std::vector<catalog::Grant> grants) {
    using namespace catalog;
    const std::string name = "schema" + std::to_string(number);
    const Id schema =
        edit.Create(Securable{.parent = in, .name = name, .details = SchemaDetails{}});
    catalog::Share share;
    for (size_t i = 0; i < kTablesPerShare; ++i) {
      const std::string table = "table" + std::to_string(i);
      const Id id = edit.Create(Securable{
          .parent = schema,
          .name = table,
          .details = Table{.storage_location = "s3://lake/warehouse/" + name + '/' + table}});
      if (number % 2 == 0) share.objects.push_back({.id = edit.NewUuid(), .object = id});
    }
    if (number % 2 == 1) {
      share.objects.push_back({.id = edit.NewUuid(), .kind = Kind::kSchema, .object = schema});
    }
    edit.Create(Securable{.parent = edit.picture().metastore().id,
                          .name = "share" + std::to_string(number),
                          .owner = owner,
                          .grants = std::move(grants),
                          .details = std::move(share)});
  }

  catalog::testing::MemoryStore store_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
};

void Report(benchmark::State& state) {
  state.counters["catalog_MB"] = LargeCatalog::Get().catalog_megabytes;
  state.counters["resolver_MB"] = LargeCatalog::Get().resolver_megabytes;
}

// Another recipient, share and table at each call.
void ResolveTable(benchmark::State& state) {
  const LargeCatalog& large = LargeCatalog::Get();
  size_t i = 0;
  for (auto _ : state) {
    i += 7919;
    const size_t share = i % kShares;
    auto found = large.resolver->FindTable(
        large.principals[i % kRecipients],
        {"share" + std::to_string(share), "schema" + std::to_string(share),
         "table" + std::to_string(i % kTablesPerShare)});
    if (!found) state.SkipWithError(found.error().message.c_str());
    benchmark::DoNotOptimize(found);
  }
  Report(state);
}
BENCHMARK(ResolveTable);

// The same table at each call.
void ResolveOneTable(benchmark::State& state) {
  const LargeCatalog& large = LargeCatalog::Get();
  const catalog::TableName name{"share0", "schema0", "table0"};
  for (auto _ : state) {
    auto found = large.resolver->FindTable(large.principals[0], name);
    if (!found) state.SkipWithError(found.error().message.c_str());
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(ResolveOneTable);

// A file link's question.
void ResolveTableById(benchmark::State& state) {
  const LargeCatalog& large = LargeCatalog::Get();
  const auto table =
      large.resolver->FindTable(large.principals[0], {"share0", "schema0", "table0"});
  for (auto _ : state) {
    auto found = large.resolver->FindTableById(large.principals[0], (*table)->id);
    if (!found) state.SkipWithError(found.error().message.c_str());
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(ResolveTableById);

// The ten shares of a recipient.
void ResolveShares(benchmark::State& state) {
  const LargeCatalog& large = LargeCatalog::Get();
  size_t i = 0;
  for (auto _ : state) {
    i += 7919;
    auto shares = large.resolver->Shares(large.principals[i % kRecipients]);
    if (shares.size() != kSharesPerRecipient) state.SkipWithError("not all shares");
    benchmark::DoNotOptimize(shares);
  }
}
BENCHMARK(ResolveShares);

// What the first one pays who asks for a share after its catalog changed.
void ExpandShare(benchmark::State& state) {
  const LargeCatalog& large = LargeCatalog::Get();
  const auto picture = large.catalog->Now();
  const auto share = picture->FindShared(
      picture->FindByName(catalog::Kind::kShare, "share" + std::to_string(state.range(0)))->id);
  for (auto _ : state) {
    const catalog::ShareContents contents(*picture, share, large.catalog->clock().Now());
    benchmark::DoNotOptimize(contents);
  }
}
BENCHMARK(ExpandShare)->Arg(0)->Arg(1);

}  // namespace
