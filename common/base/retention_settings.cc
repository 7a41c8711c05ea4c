#include "common/base/retention_settings.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "common/base/settings.h"

namespace windrow {
namespace {

constexpr char kField[] = "tenant_retention";

absl::Duration KeepFor::*KindOf(const std::string& kind) {
  if (kind == "bodies") return &KeepFor::bodies;
  if (kind == "records") return &KeepFor::records;
  if (kind == "events") return &KeepFor::events;
  return nullptr;
}

// What is wrong with it; empty: nothing.
std::string Read(const std::string& text, const KeepFor& all,
                 std::map<std::string, KeepFor>* tenants) {
  const std::size_t colon = text.rfind(':');
  const std::size_t equals = text.find('=', colon == text.npos ? 0 : colon);
  if (colon == text.npos || colon == 0 || equals == text.npos) {
    return fmt::format(
        "must be NAME:bodies=2d, NAME:records=7d or NAME:events=7d, not '{}'", text);
  }
  absl::Duration KeepFor::*kind = KindOf(text.substr(colon + 1, equals - colon - 1));
  if (kind == nullptr) {
    return fmt::format("'{}': must be of bodies, records or events", text);
  }
  const std::optional<absl::Duration> age = config::ParseAge(text.substr(equals + 1));
  if (!age || *age < kLeastKept || *age > all.*kind) {
    return fmt::format(
        "'{}': must be a time such as 2d or 36h, {} to {}, which all tenants "
        "keep",
        text, config::AgeText(kLeastKept), config::AgeText(all.*kind));
  }
  tenants->try_emplace(text.substr(0, colon), all).first->second.*kind = *age;
  return "";
}

}  // namespace

std::vector<TenantKeep> ParseTenantKeeps(const std::vector<std::string>& texts,
                                         const KeepFor& all, Violations* violations) {
  std::map<std::string, KeepFor> tenants;
  for (const std::string& text : texts) {
    std::string wrong = Read(text, all, &tenants);
    if (!wrong.empty()) violations->Add(kField, std::move(wrong));
  }
  std::vector<TenantKeep> keeps;
  for (auto& [tenant, keep] : tenants) {
    if (keep.records < keep.bodies) {
      violations->Add(kField, fmt::format("{} keeps records for {}, less than bodies, {}",
                                          tenant, config::AgeText(keep.records),
                                          config::AgeText(keep.bodies)));
    }
    keeps.push_back({tenant, keep});
  }
  return keeps;
}

}  // namespace windrow
