#include "http/path_table.h"

#include <algorithm>
#include <deque>

#include "engine/check.h"
#include "http/bytes.h"

namespace http {

/// Makes the trie of each group from its prefixes in ascending order, breadth first: so that children lie side by side.
class TrieBuilder {
 public:
  TrieBuilder(PathTable& table, const std::map<PathTable::Builder::Key, std::vector<RuleRef>>& prefixes) : table_{table} {
    entries_.reserve(prefixes.size());
    for (const auto& [key, rules] : prefixes) entries_.push_back({key.first, key.second, table.lists_.add(rules)});
  }

  void build() {
    for (std::size_t first = 0; first < entries_.size();) {
      std::size_t last = first;
      while (last < entries_.size() && entries_[last].group == entries_[first].group) ++last;
      build_group(table_.groups_[entries_[first].group], first, last);
      first = last;
    }
  }

 private:
  struct Entry {
    std::uint32_t group;
    std::string_view prefix;
    RuleRefs rules;
  };
  /// A node to be made: of entries [first, last), all of which share `consumed` bytes.
  struct Work {
    std::uint32_t node;
    std::size_t first, last, consumed;
    std::uint32_t lists;  // conditional lists above it
  };

  void build_group(PathTable::Group& group, std::size_t first, std::size_t last) {
    group.root = static_cast<std::uint32_t>(table_.nodes_.size());
    table_.nodes_.emplace_back();
    std::deque<Work> queue{{group.root, first, last, 0, 0}};
    for (; !queue.empty(); queue.pop_front()) build_node(group, queue.front(), queue);
    for (std::size_t i = table_.nodes_.size(); i-- > group.root;) set_lowest(table_.nodes_[i]);  // children before their parents
    group.lowest = std::min(group.lowest, table_.nodes_[group.root].lowest);
  }

  void build_node(PathTable::Group& group, Work work, std::deque<Work>& queue) {
    PathTable::Node node;
    const std::size_t end = common_bytes(entries_[work.first].prefix, entries_[work.last - 1].prefix);  // of all: they are sorted
    node.bytes = static_cast<std::uint32_t>(table_.bytes_.size());
    node.label_bytes = static_cast<std::uint32_t>(end - work.consumed);
    table_.bytes_ += entries_[work.first].prefix.substr(work.consumed, node.label_bytes);
    if (entries_[work.first].prefix.size() == end) {
      node.rules = entries_[work.first++].rules;
      work.lists += node.rules.conditional != 0 ? 1 : 0;
    }
    group.lists_max = std::max(group.lists_max, work.lists);
    node.first_child = static_cast<std::uint32_t>(table_.nodes_.size());
    while (work.first < work.last) {
      const char byte = entries_[work.first].prefix[end];
      std::size_t next = work.first;
      while (next < work.last && entries_[next].prefix[end] == byte) ++next;
      queue.push_back({node.first_child + node.children++, work.first, next, end + 1, work.lists});
      table_.bytes_ += byte;
      work.first = next;
    }
    CHECK(table_.bytes_.size() < no_offset && table_.nodes_.size() + node.children < no_offset);
    table_.nodes_.resize(table_.nodes_.size() + node.children);
    table_.nodes_[work.node] = node;
  }

  void set_lowest(PathTable::Node& node) const {
    node.lowest = table_.lists_.lowest(node.rules);
    for (std::uint32_t i = 0; i < node.children; ++i)
      node.lowest = std::min(node.lowest, table_.nodes_[node.first_child + i].lowest);
  }

  static std::size_t common_bytes(std::string_view a, std::string_view b) noexcept {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  }

  static constexpr std::size_t no_offset = 0xffffffff;
  PathTable& table_;
  std::vector<Entry> entries_;
};

PathTable PathTable::Builder::build(std::uint32_t groups) && {
  PathTable table;
  table.groups_.resize(groups);
  std::vector<TextMap<RuleRefs>::Entry> entries;
  for (const auto& [key, rules] : exact_) {
    const RuleRefs refs = table.lists_.add(rules);
    entries.push_back({key.first, key.second, refs});
    Group& group = table.groups_[key.first];
    group.has_exact = true;
    group.lowest = std::min(group.lowest, table.lists_.lowest(refs));
  }
  table.exact_ = TextMap<RuleRefs>{entries};
  TrieBuilder{table, prefixes_}.build();
  table.bytes_.append(8, '\0');  // find_byte reads words
  for (Group& group : table.groups_) group.lists_max += group.has_exact ? 1 : 0;
  return table;
}

void PathTable::collect(std::uint32_t group_id, std::string_view path, std::uint64_t path_hash,
                        Candidates& candidates) const noexcept {
  const Group& group = groups_[group_id];
  if (group.lowest >= candidates.best()) return;
  if (group.has_exact)
    if (const RuleRefs* rules = exact_.find(group_id, path, path_hash)) candidates.add(*rules, lists_);
  if (group.root != no_node) collect_prefixes(group.root, path, candidates);
}

void PathTable::collect_prefixes(std::uint32_t root, std::string_view path, Candidates& candidates) const noexcept {
  std::size_t at = 0;
  for (const Node* node = &nodes_[root]; node->lowest < candidates.best();) {
    const char* const bytes = bytes_.data() + node->bytes;
    const std::string_view label{bytes, node->label_bytes};
    if (path.size() - at < label.size() || !equal_short({path.data() + at, label.size()}, label)) return;
    at += node->label_bytes;
    candidates.add(node->rules, lists_);
    if (at == path.size() || node->children == 0) return;
    const std::size_t child = find_byte(bytes + node->label_bytes, node->children, path[at]);
    if (child == node->children) return;
    ++at;
    node = &nodes_[node->first_child + child];
  }
}

}  // namespace http
