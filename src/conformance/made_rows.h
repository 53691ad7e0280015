// conformance/made_rows.h -- the rows of the suite's own tables, as statements of the engine.
#pragma once

#include <string>

#include "conformance/made_tables.h"

namespace sluice::conformance {

// What a data file, or one of changes, holds: the columns as they are named and typed in files.
enum class FileKind { kData, kChanges };
std::string StoredRowsSql(const MadeTable& table, const MadeFile& file,
                          FileKind kind = FileKind::kData);

// What a reader of a version gets: the table's columns, without rows that are deleted.
std::string RowsSql(const MadeTable& table, delta::Version version);
// The same of some files, which have the version's columns.
std::string RowsOfFilesSql(const MadeTable& table, const std::vector<const MadeFile*>& files);

// What a reader of the changes of `first` to `last` gets: the table's columns, _change_type,
// _commit_version.
std::string ChangesSql(const MadeTable& table, delta::Version first, delta::Version last);

}  // namespace sluice::conformance
