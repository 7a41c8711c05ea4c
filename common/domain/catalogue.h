// A tenant's catalogue as publishing needs it: which event types are known.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/domain/key_fields.h"

namespace windrow::domain {

// What becomes of an event whose type the catalogue does not hold.
enum class UnknownTypes : std::uint8_t {
  kLearn = 1,   // it is published, and its type is added
  kRefuse = 2,  // it is refused
};

struct KnownType {
  std::shared_ptr<const KeyFields> key_fields;  // null: none
  bool seen = true;  // false: a trigger named it, no event had it yet
};

// Immutable; share it between threads as const.
class Catalogue {
 public:
  // Holds nothing, and learns.
  Catalogue() = default;
  explicit Catalogue(UnknownTypes unknown) : unknown_(unknown) {}

  void Add(std::string name, KnownType type) {
    types_.insert_or_assign(std::move(name), std::move(type));
  }

  UnknownTypes unknown() const { return unknown_; }
  std::size_t size() const { return types_.size(); }
  // Null where it holds no such type.
  const KnownType* Find(std::string_view name) const;
  // The name that `name` is most likely a slip of: at most three bytes, and a third of
  // its length, away, case apart. Of equally near ones the first by bytes. Linear in the
  // catalogue.
  std::optional<std::string> Nearest(std::string_view name) const;

 private:
  // Looked up by views, without a copy of the name.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  UnknownTypes unknown_ = UnknownTypes::kLearn;
  std::unordered_map<std::string, KnownType, Hash, std::equal_to<>> types_;
};

// The rule that an unknown type breaks where types are refused, with the way out.
std::string UnknownTypeRule(std::string_view name,
                            const std::optional<std::string>& nearest);

}  // namespace windrow::domain
