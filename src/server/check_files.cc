#include "server/check_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "delta/deletion_vector.h"
#include "delta/deletion_vector_reader.h"
#include "storage/parallel.h"

namespace sluice::server {
namespace {

constexpr size_t kFaultsNamed = 20;  // of a table
// How much is looked at between two words of progress.
constexpr size_t kBatch = 1000;
// Files of vectors up to this size are read whole, larger ones vector by vector: several are held
// at a time.
constexpr ByteCount kMaxVectorFile = MiB(16);

// An object, and the store that it lies in.
struct Place {
  const storage::ObjectStore* store = nullptr;
  std::string key;
  auto operator<=>(const Place&) const = default;
};

struct DataFile {
  std::string path;  // as in the log
  int64_t size = 0;
  std::optional<int64_t> num_records;
  std::optional<delta::DeletionVector> vector;
  Place place;
};

// What looking at one thing found.
struct Finding {
  std::vector<FileFault> faults;
  uint64_t deleted_rows = 0;
};

// The files whose vectors lie in one file.
using VectorFiles = std::map<Place, std::vector<DataFile>>;

class FilesCheck {
 public:
  FilesCheck(const delta::Snapshot& snapshot, const TableFiles& where,
             const FilesProgress& progress)
      : snapshot_(snapshot),
        where_(where),
        places_(where.location, where.external),
        progress_(progress) {}

  FilesReport Run() && {
    Status status = OpenTable();
    if (status.has_value()) status = LookAtDataFiles();
    if (status.has_value()) status = ReadVectorFiles();
    if (!status.has_value()) report_.stopped = Explain(status.error());
    return std::move(report_);
  }

 private:
  Status OpenTable() {
    parallel_reads_ = TRY(StoreAt({}))->parallel_reads();
    return {};
  }

  // The store at an external location; without one, the table's.
  Result<const storage::ObjectStore*> StoreAt(std::string_view location) {
    auto& store = stores_[std::string(location)];
    if (store == nullptr) {
      store = TRY(where_.open(location.empty() ? where_.location : std::string(location)));
    }
    return store.get();
  }

  Result<Place> PlaceOf(std::string_view path) {
    const delta::FilePlace found = TRY(places_.Find(path));
    Place place{nullptr, std::string(found.key)};
    place.store = TRY(StoreAt(found.location));
    return place;
  }

  Status LookAtDataFiles() {
    delta::FileCursor cursor = snapshot_.Files();
    std::vector<DataFile> batch;
    while (true) {
      const delta::FileEntry* entry = TRY(cursor.Next());
      if (entry != nullptr) batch.push_back(TRY(Owned(*entry)));
      if (batch.size() < kBatch && entry != nullptr) continue;
      TRY(LookAtEach(std::span(batch), [this](DataFile& file) { return LookAt(file); }));
      for (DataFile& file : batch) SetAside(std::move(file));
      report_.data_files += batch.size();
      batch.clear();
      progress_("data files", report_.data_files, snapshot_.num_files());
      if (entry == nullptr) return {};
    }
  }

  Status ReadVectorFiles() {
    std::vector<VectorFiles::value_type*> files;
    for (auto& file : vector_files_) files.push_back(&file);
    const std::span all(files);
    while (report_.vector_files < all.size()) {
      progress_("files of deletion vectors", report_.vector_files, all.size());
      const auto batch = all.subspan(report_.vector_files)
                             .first(std::min(kBatch / 10, all.size() - report_.vector_files));
      TRY(LookAtEach(batch, [](const VectorFiles::value_type* file) {
        return ReadVectors(file->first, file->second);
      }));
      report_.vector_files += batch.size();
    }
    return {};
  }

  // Looks at several at a time, and notes what was found in their order.
  // Errors: those of `look`, which stop all
  template <class T, class Look>
  Status LookAtEach(std::span<T> batch, const Look& look) {
    std::vector<Finding> findings(batch.size());
    TRY(storage::InParallel(batch.size(), parallel_reads_, [&](size_t i) -> Status {
      findings[i] = TRY(look(batch[i]));
      return {};
    }));
    for (Finding& finding : findings) {
      report_.deleted_rows += finding.deleted_rows;
      report_.faults += finding.faults.size();
      for (FileFault& fault : finding.faults) {
        if (report_.first_faults.size() == kFaultsNamed) break;
        report_.first_faults.push_back(std::move(fault));
      }
    }
    return {};
  }

  Result<Finding> LookAt(const DataFile& file) const {
    Finding finding;
    const auto wrong = [&](std::string what) {
      finding.faults.push_back({file.path, std::move(what)});
    };
    const auto info = file.place.store->Head(file.place.key);
    if (info.has_value()) {
      if (std::cmp_not_equal(info->size.value, file.size)) {
        wrong(fmt::format("has {} bytes; the log says {}", info->size.value, file.size));
      }
    } else if (info.error().code == Code::kUnavailable) {
      return std::unexpected(info.error());
    } else {
      wrong(info.error().code == Code::kNotFound ? "is missing" : Explain(info.error()));
    }
    if (file.vector.has_value() && file.vector->storage_type == 'i') {
      const auto rows = delta::DecodeInlineDeletedRows(*file.vector, file.num_records);
      TRY(Note(rows, file, {}, finding));
    }
    return finding;
  }

  // Counts a vector, and keeps one that lies in a file for ReadVectorFiles.
  void SetAside(DataFile&& file) {
    if (!file.vector.has_value()) return;
    ++report_.deletion_vectors;
    if (file.vector->storage_type == 'i') return;
    const Result<Place> found = [&]() -> Result<Place> {
      const std::string path = TRY(delta::DeletionVectorPath(*file.vector));
      return PlaceOf(path);
    }();
    if (found.has_value()) {
      vector_files_[*found].push_back(std::move(file));
      return;
    }
    ++report_.faults;
    if (report_.first_faults.size() < kFaultsNamed) {
      report_.first_faults.push_back({std::move(file.path), Explain(found.error())});
    }
  }

  static Result<Finding> ReadVectors(const Place& place, const std::vector<DataFile>& files) {
    Finding finding;
    const auto bytes = place.store->Read(place.key, kMaxVectorFile);
    const bool too_large = !bytes.has_value() && bytes.error().code == Code::kResourceExhausted;
    for (const DataFile& file : files) {
      const auto rows =
          bytes.has_value() ? delta::DecodeDeletedRowsInFile(*bytes, *file.vector, file.num_records)
          : too_large
              ? delta::ReadDeletedRowsAt(*place.store, place.key, *file.vector, file.num_records)
              : std::unexpected(bytes.error());
      TRY(Note(rows, file, place.key, finding));
    }
    return finding;
  }

  // What came of the vector of `file`, which lies in the object `key`, or in the log.
  // Errors: kUnavailable  the store failed: it says nothing about the vector
  static Status Note(const Result<delta::DeletedRows>& rows, const DataFile& file,
                     std::string_view key, Finding& finding) {
    if (rows.has_value()) {
      finding.deleted_rows += rows->cardinality();
      return {};
    }
    const Error& error = rows.error();
    if (error.code == Code::kUnavailable) return std::unexpected(error);
    const std::string what = error.code == Code::kNotFound
                                 ? "the file of its deletion vector is missing"
                                 : Explain(error);
    finding.faults.push_back({file.path, key.empty() ? what : fmt::format("{}: {}", key, what)});
    return {};
  }

  // Errors: as PlaceOf; a snapshot whose files are covered has none but the store's
  Result<DataFile> Owned(const delta::FileEntry& entry) {
    DataFile file{.path = std::string(entry.path),
                  .size = entry.size,
                  .num_records = entry.num_records,
                  .vector = {},
                  .place = {}};
    file.place = TRY(PlaceOf(entry.path));
    if (entry.deletion_vector != nullptr) file.vector = *entry.deletion_vector;
    return file;
  }

  const delta::Snapshot& snapshot_;
  const TableFiles& where_;
  delta::FilePlaces places_;
  std::map<std::string, std::shared_ptr<const storage::ObjectStore>> stores_;  // by location
  size_t parallel_reads_ = 1;
  const FilesProgress& progress_;
  FilesReport report_;
  VectorFiles vector_files_;
};

}  // namespace

FilesReport CheckTableFiles(const delta::Snapshot& snapshot, const TableFiles& where,
                            const FilesProgress& progress) {
  return FilesCheck(snapshot, where, progress).Run();
}

}  // namespace sluice::server
