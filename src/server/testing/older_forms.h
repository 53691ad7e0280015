// server/testing/older_forms.h -- what programs of each form of the database left behind.
//
// One form for each migration, in order: the rows that were written right after it, word for word
// as the programs of that time wrote them, and never changed since. Who adds a migration adds a
// form; where the step alters a table, also rows of it as they are from then on.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::server::testing {

struct OlderForm {
  std::string_view step;
  std::string_view sha256;  // of its statements, as sluice_migrations has it
  std::vector<std::string_view> rows{};
};

inline constexpr std::string_view kMasterKeyOfForms = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

// Securables of all kinds, all of them sealed with that key where they have a secret.
inline std::vector<std::string_view> CatalogRows() {
  return {
      "UPDATE catalog_generation SET number = 16",
      R"sql(INSERT INTO principals VALUES
('1811933993273079', 1, 'admins', 'admins', '{"display_name":"admins","external_id":"",
"emails":[],"active":true,"members":["1557877939798176"],"created_at":1795308466270,
"updated_at":1795308466276}'),
('7975288330670537', 1, 'account users', 'account users', '{"display_name":"account users",
"external_id":"","emails":[],"active":true,"members":[],"created_at":1795308466270,
"updated_at":1795308466270}'),
('1557877939798176', 0, 'admin', 'admin', '{"display_name":"Administrator","external_id":"",
"emails":[],"active":true,"members":[],"created_at":1795308466276,"updated_at":1795308466276}'),
('5943694410717937', 0, 'ada@example.org', 'ada@example.org', '{"display_name":"Ada",
"external_id":"","emails":["ada@example.org"],"active":true,"members":[],
"created_at":1795308466297,"updated_at":1795308466297}'),
('9546246559533684', 1, 'analysts', 'analysts', '{"display_name":"","external_id":"","emails":[],
"active":true,"members":["5943694410717937"],"created_at":1795308466307,
"updated_at":1795308466307}'))sql",
      // The hashes of "slu_admin" and "slu_ada".
      R"sql(INSERT INTO access_tokens VALUES
('6135a5ccba0cf91fc963bad8d3a0ae5f2482792712be8dd635da9dee19c65d0e', '1557877939798176',
'UjoHgESSttVM8G1diQD4XodgWiUbzmABnP4tzMjru3w', 'admin-token', 1795308466276, NULL),
('fe48003eea859f99cd094b5ac948676a77c8d0baa8bf652f626ad14239ba85e0', '5943694410717937',
'lkYRLBL1HFOpJmGFCdpo_SnHQu-Gh0KvpPvpvjqcbTY', 'laptop', 1795308466390, 4102444800000))sql",
      R"sql(INSERT INTO securables VALUES
('9af2ff82-a0d4-4f24-9022-4e05c59b206d', 'METASTORE', '', 'sluice', 'sluice',
'1811933993273079', '', '{}', 1795308466270, 'sluice', 1795308466270, 'sluice',
'{"cloud":"sluice","region":"local","storage_root":"","sharing_scope":"INTERNAL_AND_EXTERNAL",
"organization_name":"","recipient_token_lifetime":0,"external_access_enabled":false}'),
('c913605d-2deb-4689-b402-3dd3c6aef190', 'STORAGE_CREDENTIAL',
'9af2ff82-a0d4-4f24-9022-4e05c59b206d', 'local', 'local', '1811933993273079',
'The folders that the server was started with', '{}', 1795308466270, 'sluice', 1795308466270,
'sluice', '{"type":0,"settings":{},"secret":"","read_only":false}'),
('76d0a6df-17ec-4cee-b47c-ad046ba592f0', 'STORAGE_CREDENTIAL',
'9af2ff82-a0d4-4f24-9022-4e05c59b206d', 'keys', 'keys', '1557877939798176', 'it''s', '{}',
1795308466326, 'admin', 1795308466326, 'admin', '{"type":2,"settings":{"access_key_id":"AK"},
"secret":"1KrWaV6qUgubCTJryxds-Uck3Q2MfO78864OAsDHl4X4otNKvd672LtCcyTfAvfR6ruVFmiJKOYFQw",
"read_only":false}'),
('21cf14ec-9e36-4315-bdd2-f5d54eb64824', 'EXTERNAL_LOCATION',
'9af2ff82-a0d4-4f24-9022-4e05c59b206d', 'lake', 'lake', '1557877939798176', '', '{}',
1795308466331, 'admin', 1795308466331, 'admin', '{"url":"s3://lake/bronze",
"credential":"76d0a6df-17ec-4cee-b47c-ad046ba592f0","read_only":false,"fallback":false}'),
('f8cac8a5-0497-4ec0-8375-4bf4ee12389c', 'CATALOG', '9af2ff82-a0d4-4f24-9022-4e05c59b206d',
'main', 'main', '1557877939798176', '', '{"k":"v"}', 1795308466339, 'admin', 1795308466380,
'admin', '{"storage_root":"s3://lake/bronze/managed"}'),
('f793297f-4a72-4fd9-9d16-5dab65a56c11', 'SCHEMA', 'f8cac8a5-0497-4ec0-8375-4bf4ee12389c',
'sales', 'sales', '1557877939798176', '', '{}', 1795308466342, 'admin', 1795308466342, 'admin',
'{"storage_root":""}'),
('5a525aba-6caf-475e-91c5-a89d72e3f55a', 'TABLE', 'f793297f-4a72-4fd9-9d16-5dab65a56c11',
'orders', 'Orders', '1557877939798176', '', '{}', 1795308466369, 'admin', 1795308466369, 'admin',
'{"type":1,"storage_location":"s3://lake/bronze/orders","columns":[{"name":"id",
"type_text":"bigint","type_name":"LONG",
"type_json":"{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}",
"type_precision":0,"type_scale":0,"position":0,"partition_index":0,"nullable":true,
"comment":""}]}'),
('2460ef5c-4a60-4599-b7e4-821f7b8327af', 'SHARE', '9af2ff82-a0d4-4f24-9022-4e05c59b206d',
'orders', 'orders', '1557877939798176', 'all of them', '{}', 1795308466382, 'admin',
1795308466386, 'admin', '{"objects":[{"id":"0f6cf0cb-96a5-4fd3-8bd5-0a5a5e9cb0b5","kind":5,
"object":"5a525aba-6caf-475e-91c5-a89d72e3f55a","shared_as":"public.orders","comment":"",
"partitions":{"tuples":[[{"column":"id","op":0,"values":[],"recipient_property_key":"region"}]]},
"cdf_enabled":false,"history":true,"start_version":3,"added_at":1795308466384,
"added_by":"admin"}],"storage_root":""}'),
('4d70124b-8408-434a-929e-9c0e8679b5e1', 'PROVIDER', '9af2ff82-a0d4-4f24-9022-4e05c59b206d',
'other', 'other', '1557877939798176', '', '{}', 1795308466388, 'admin', 1795308466388, 'admin',
'{"authentication_type":0,"endpoint":"https://example.org/x","share_credentials_version":1,
"profile":"DgJoDZZyJ7F2SK3tbamBN1Ti6gg3VB-ILCgEQxTeDck5Mxz63TA_drZQo0c3msP05AM_Puocqwqqpp'
|| 'QKI_bEEoyAbOSbHNLiZNY19jVyg5BXWHvWaiy7ay-T0_R6_oIR60bWJ4UHyRAzg6reFrgpVtUhGg",
"data_provider_global_metastore_id":""}'))sql",
      // The hash of "of bob", and a link that was not used yet.
      R"sql(INSERT INTO securables VALUES
('0b1b4034-8342-4c52-8648-53e7a0288775', 'RECIPIENT', '9af2ff82-a0d4-4f24-9022-4e05c59b206d',
'bob', 'bob', '1557877939798176', '', '{"region":"7"}', 1795308466385, 'admin', 1795308466385,
'admin', '{"authentication_type":0,"tokens":[{"id":"6a1b7a0b-6f0d-4d53-93a5-8a0f6d0e3c11",
"hash":"E9zH25G1c-3H0KcPq2qvLv8_U0sDI2p7HkP1UKysBIk","activation":"","activation_hash":null,
"activation_expires_at":1795567666385,"created_at":1795308466385,"created_by":"admin",
"updated_at":1795308466385,"updated_by":"admin","expires_at":4102444800000},
{"id":"a3b68684-dfc3-40c4-9de1-d61fae7c8827","hash":null,
"activation":"-UqcwjEtkZeLePDQYyW2QS2GQCeVbbSZbk0WaAYYKvl6GEbjeYKmoDeWywfnfWFqySN8'
|| '3NS2nWbkyv76ZOETGNU3ol6GFeM",
"activation_hash":"7EiCOL8GyCh72RBGgSEm5_aX0LxhflplN1yHVdmL2ho",
"activation_expires_at":1795567666385,"created_at":1795308466385,"created_by":"admin",
"updated_at":1795308466385,"updated_by":"admin","expires_at":null}],
"allowed_ip_addresses":["10.0.0.0/8"],"denied_ip_addresses":[],"expires_at":null,
"requests_per_second":null,"data_recipient_global_metastore_id":"","sharing_code":""}'))sql",
      R"sql(INSERT INTO grants VALUES
('f8cac8a5-0497-4ec0-8375-4bf4ee12389c', '9546246559533684', 'USE_CATALOG', NULL),
('2460ef5c-4a60-4599-b7e4-821f7b8327af', '0b1b4034-8342-4c52-8648-53e7a0288775', 'SELECT',
4102444800000))sql",
  };
}

// The log that the anchor below belongs to, in the folder `audit`.
inline constexpr std::string_view kAuditFile = "audit-00000000000000000001.jsonl";
inline constexpr std::string_view kAuditLog =
    R"({"segment":1,"opened":"2026-11-22T00:47:46.290Z","first":1,)"
    R"("previous":"0000000000000000000000000000000000000000000000000000000000000000",)"
    R"("hash":"32384d5399316d46a2f7cb7f370a2fff9b82b6cf672c3de14c90078853f74803"})"
    "\n"
    R"({"account_id":"9af2ff82-a0d4-4f24-9022-4e05c59b206d","workspace_id":"0",)"
    R"("version":"2.0","event_time":"2026-11-22T00:47:46.301Z","event_date":"2026-11-22",)"
    R"("source_ip_address":"127.0.0.1","user_agent":"python-requests/2.33.0",)"
    R"("session_id":null,"user_identity":{"email":"admin",)"
    R"("subject_name":"user:1557877939798176"},"service_name":"unityCatalog",)"
    R"("action_name":"createUser","request_id":"0dca1762aac1fbfe8b0746a457746aae",)"
    R"("share_name":null,"recipient_name":null,"table_name":null,"bytes_read":0,)"
    R"("reason":null,"audit_level":"ACCOUNT_LEVEL",)"
    R"("event_id":"01a200b9-307d-7b36-b369-d5e3ff673da3",)"
    R"("identity_metadata":{"run_by":"admin"},"response":{"status_code":201,)"
    R"("error_message":null,"result":null},)"
    R"("request_params":{"userName":"ada@example.org","displayName":"Ada"},"sequence":1,)"
    R"("hash":"8ff9a38a18cb3ecef93f811c7e27cac62cd88c37ea07ac0d0c74ea706acabbe9"})"
    "\n";

inline std::vector<OlderForm> OlderForms() {
  return {
      {.step = "catalog",
       .sha256 = "f9423f7be65a756da2dd07374c7a3f06bd17e45717ed46f6b284ffcc236c9b17",
       .rows = CatalogRows()},
      {.step = "audit",
       .sha256 = "64f2557951c46b54dc65e3629f5ea19de6b52c2e1420de04e23bf612f751c1ed",
       .rows = {"INSERT INTO audit_anchors VALUES ('main', 1, "
                "'j_mjihjLPs75P4EcfifKxizYjDfqB6wNDHTqcGrKu-k', 1795308466391)"}},
      {.step = "master key",
       .sha256 = "b9d9ee9edf59785ba5795cbc3fbbecde2f9c4b4cc4fed2124bb2b43c80a905f7",
       .rows = {"INSERT INTO master_key_check VALUES "
                "('tFqTjGf77h6kPD6D4LoVyJ3t-dt6AhLcGLy7ffLbDARlpADOlCtxqc0')"}},
      {.step = "browser sessions",
       .sha256 = "c4c0e34d77b09f30c17b89783136382c92ff7639b2907882e742e23741dacda2",
       .rows = {"INSERT INTO browser_sessions VALUES "
                "('BaKt80_ADeCmp7O5RnIYSmLNDQNcs9e22VoiINbHUJs', "
                "'UjoHgESSttVM8G1diQD4XodgWiUbzmABnP4tzMjru3w', 1795314049246, 4102444800000)"}},
      {.step = "requests",
       .sha256 = "25f3dc74c35789bcadbfdfe2aa1486ae5e517b5b6b9e55d5a56f17d3d552e515",
       .rows = {R"sql(INSERT INTO access_requests VALUES
('18541971-034d-4cac-857b-f319c9ebe99d', 0, 0, '0b1b4034-8342-4c52-8648-53e7a0288775', 1,
1795314049841, '{"asker_name":"bob","share":"retail","table":"","object":"","comment":"may we",
"answer":"","answered_by":"","granted":false,"privileges":[]}'))sql"}},
      {.step = "notify",
       .sha256 = "3ad017cc5505c33979b98fda4179e613a3b37fe78bcb26316700e3815437aa25",
       .rows = {R"sql(INSERT INTO notify_known VALUES ('started', ''),
('asked:18541971-034d-4cac-857b-f319c9ebe99d', ''))sql",
                R"sql(INSERT INTO notifications VALUES
('2e016729-de2b-4bd3-97ab-390f0fa3c7df', '1557877939798176',
'fffffe5dfef19c9b2e016729-de2b-4bd3-97ab-390f0fa3c7df',
'asked:18541971-034d-4cac-857b-f319c9ebe99d', 'request_made', 1795314049892,
'bob asks for access to share retail', 'may we', 'bob', '', '',
'18541971-034d-4cac-857b-f319c9ebe99d', 0))sql",
                R"sql(INSERT INTO notification_destinations VALUES
('0f5d7556-4d61-40ee-8a1a-ec7888889f28', 'ops', 0, 'ops@example.org', '', 0, 0,
1795314049262))sql",
                R"sql(INSERT INTO notification_subscriptions VALUES
('4ee55cc0-96fa-48c8-8310-cdaddd508de1', '0f5d7556-4d61-40ee-8a1a-ec7888889f28',
'token_expiring', '', '', 1795314049417))sql"}},
      {.step = "usage reports",
       .sha256 = "162d84c4e9edeb2b7f125661b863e5f6dc40ac71dd57a9862a9a0a789848adc2",
       .rows = {R"sql(INSERT INTO usage_reports VALUES
('9b1c53e6-849e-488e-997b-7af90749cb91', 'monthly', '1557877939798176', '{"by_recipient":true,
"by_share":true,"by_table":true,"recipient_id":"","recipient":"","share_id":"","share":"",
"period":"previous_month","every":"month","weekday":1,"hour":7,"time_zone":"Europe/Berlin",
"inbox":true,"owner_name":"admin"}', 0, 1796104800000, 1795323023719, 1795323023719,
'{"at":1795323023774,"error":"","from":497446,"to":498191,"rows":0}'))sql",
                R"sql(INSERT INTO usage_report_destinations VALUES
('9b1c53e6-849e-488e-997b-7af90749cb91', '0f5d7556-4d61-40ee-8a1a-ec7888889f28'))sql",
                R"sql(INSERT INTO usage_report_results VALUES
('9b1c53e6-849e-488e-997b-7af90749cb91', '{"report_id":"9b1c53e6-849e-488e-997b-7af90749cb91",
"name":"monthly","from":1790805600000,"to":1793487600000,"time_zone":"Europe/Berlin",
"row_count":0,"group_by":["recipient","share","table"],"totals":{"reads":0,"files":0,
"bytes_read":0,"denied":0,"client_errors":0,"server_errors":0},"rows":[],
"made_at":1795323023774}'))sql"}},
      {.step = "noted events",
       .sha256 = "c4fbef92d5c67a186a1b1044360609e95185a51739a9666b221682fb01ab0152",
       .rows = {R"sql(INSERT INTO audit_noted VALUES
('3a0c2f0e-2a0b-4f64-9a53-4f1f2b0c9d11', 1795323030000, '{"account_id":"","workspace_id":"0",
"version":"2.0","event_time":"2026-11-22T04:50:30.000Z","event_date":"2026-11-22",
"source_ip_address":null,"user_agent":null,"session_id":null,
"user_identity":{"email":"sluice admin reset-token","subject_name":null},
"service_name":"unityCatalog","action_name":"resetAdminToken","request_id":null,
"share_name":null,"recipient_name":null,"table_name":null,"bytes_read":0,"reason":null,
"audit_level":"ACCOUNT_LEVEL","event_id":"3a0c2f0e-2a0b-4f64-9a53-4f1f2b0c9d11",
"identity_metadata":{"run_by":"sluice admin reset-token"},
"response":{"status_code":200,"error_message":null,"result":null},
"request_params":{"user":"admin","system_user":"sluice"}}'))sql"}},
  };
}

}  // namespace sluice::server::testing
