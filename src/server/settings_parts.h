// server/settings_parts.h -- what the table of settings is put together from.
#pragma once

#include <span>
#include <string_view>

#include "server/settings.h"

namespace sluice::server {

// Rows of settings_table_stores.cc and settings_table_limits.cc; AllSettings has the order.
std::span<const Setting> StoreSettings();
std::span<const Setting> LimitSettings();
std::span<const Setting> NotifySettings();

// Checks of texts, for Setting::check. The message goes behind the key: "must be ...".
Status CheckToken(std::string_view text);
Status CheckHost(std::string_view text);
Status CheckPublicUrl(std::string_view text);
Status CheckEndpoint(std::string_view text);
Status CheckNetwork(std::string_view text);
Status CheckForwardedHeader(std::string_view text);
Status CheckLogLevel(std::string_view text);
Status CheckDatabaseUrl(std::string_view text);
Status CheckNotEmpty(std::string_view text);
Status CheckSmtpUrl(std::string_view text);
Status CheckMailAddress(std::string_view text);

// Of an entry of `storage`.
Status CheckStoreName(std::string_view text);
Status CheckRegion(std::string_view text);
Status CheckStoreUrl(std::string_view text);
Status CheckProxy(std::string_view text);
Status CheckAddressing(std::string_view text);
Status CheckCredentialSource(std::string_view text);
Status CheckKeyPart(std::string_view text);
Status CheckProfile(std::string_view text);
Status CheckRoleArn(std::string_view text);
Status CheckKmsKeyArn(std::string_view text);
Status CheckExternalId(std::string_view text);
Status CheckRoleSessionName(std::string_view text);

}  // namespace sluice::server
