// conformance/catalogue.h -- all checks of the suite, by theme.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conformance/check.h"

namespace sluice::conformance {

// In the order in which they run and are reported.
std::span<const Theme> Catalogue();

// Whether the check's id matches one of the patterns ("list-*", "*.paging"), which a comma
// separates. An empty `only` lets all pass.
bool Selected(const Check& check, std::string_view only);

// For people: a table of all selected checks with level, section and need.
std::string ListText(std::string_view only);
// The same for docs/guide/conformance.md.
std::string ListMarkdown();

// The rows of each theme stand at the end of checks_<theme>.cc.
std::span<const Check> DiscoveryChecks();
std::span<const Check> AuthorizationChecks();
std::span<const Check> VersionChecks();
std::span<const Check> MetadataChecks();
std::span<const Check> NegotiationChecks();
std::span<const Check> RequestChecks();
std::span<const Check> FileChecks();
std::span<const Check> ParquetTableChecks();
std::span<const Check> DeltaTableChecks();
std::span<const Check> VersionTableChecks();
std::span<const Check> ChangeTableChecks();
std::span<const Check> HintChecks();
std::span<const Check> PagingChecks();
std::span<const Check> AsyncAndAccessChecks();
std::span<const Check> ErrorChecks();
std::span<const Check> ClientChecks();
std::span<const Check> SecurityChecks();

}  // namespace sluice::conformance
