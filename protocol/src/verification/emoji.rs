/// One of the 64 signs that a code is made of, with what it is called. The list is this project's own; it never changes, as both sides
/// have to have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emoji {
    /// One character (Unicode 9 or before) that is shown as a picture by itself.
    pub symbol: &'static str,
    /// In English.
    pub english: &'static str,
    /// In Japanese.
    pub japanese: &'static str,
}

impl Emoji {
    /// The sign of six bits; of what is more, the last six.
    pub(super) fn of(bits: u8) -> &'static Self {
        let [first, ..] = &ALL;
        ALL.get(usize::from(bits & 63)).unwrap_or(first)
    }
}

const fn emoji(symbol: &'static str, english: &'static str, japanese: &'static str) -> Emoji {
    Emoji { symbol, english, japanese }
}

/// Chosen so that no two look or sound alike, in either language.
pub(super) static ALL: [Emoji; 64] = [
    emoji("🐧", "Penguin", "ペンギン"),
    emoji("🦊", "Fox", "キツネ"),
    emoji("🐻", "Bear", "クマ"),
    emoji("🐸", "Frog", "カエル"),
    emoji("🦋", "Butterfly", "チョウ"),
    emoji("🐷", "Pig", "ブタ"),
    emoji("🐳", "Whale", "クジラ"),
    emoji("🦉", "Owl", "フクロウ"),
    emoji("🐘", "Elephant", "ゾウ"),
    emoji("🐇", "Rabbit", "ウサギ"),
    emoji("🐊", "Crocodile", "ワニ"),
    emoji("🐙", "Octopus", "タコ"),
    emoji("🐪", "Camel", "ラクダ"),
    emoji("🐑", "Sheep", "ヒツジ"),
    emoji("🐍", "Snake", "ヘビ"),
    emoji("🐢", "Turtle", "カメ"),
    emoji("🍋", "Lemon", "レモン"),
    emoji("🍇", "Grapes", "ブドウ"),
    emoji("🥕", "Carrot", "ニンジン"),
    emoji("🌽", "Corn", "トウモロコシ"),
    emoji("🍄", "Mushroom", "キノコ"),
    emoji("🍉", "Watermelon", "スイカ"),
    emoji("🥚", "Egg", "たまご"),
    emoji("🍞", "Bread", "パン"),
    emoji("🧀", "Cheese", "チーズ"),
    emoji("🍩", "Doughnut", "ドーナツ"),
    emoji("🍜", "Noodles", "ラーメン"),
    emoji("🌵", "Cactus", "サボテン"),
    emoji("🌻", "Sunflower", "ヒマワリ"),
    emoji("🍁", "Maple leaf", "モミジ"),
    emoji("🌴", "Palm tree", "ヤシの木"),
    emoji("🌈", "Rainbow", "にじ"),
    emoji("🌋", "Volcano", "火山"),
    emoji("🌙", "Moon", "月"),
    emoji("⭐", "Star", "星"),
    emoji("⚡", "Lightning", "いなずま"),
    emoji("⛄", "Snowman", "雪だるま"),
    emoji("🔥", "Fire", "ほのお"),
    emoji("💧", "Water drop", "しずく"),
    emoji("🌊", "Wave", "波"),
    emoji("🚂", "Train", "汽車"),
    emoji("🚲", "Bicycle", "自転車"),
    emoji("🚁", "Helicopter", "ヘリコプター"),
    emoji("⛵", "Sailing boat", "ヨット"),
    emoji("🚀", "Rocket", "ロケット"),
    emoji("🚜", "Tractor", "トラクター"),
    emoji("⚓", "Anchor", "いかり"),
    emoji("🎈", "Balloon", "風船"),
    emoji("🔑", "Key", "かぎ"),
    emoji("🔔", "Bell", "ベル"),
    emoji("💡", "Light bulb", "電球"),
    emoji("🌂", "Umbrella", "かさ"),
    emoji("⏰", "Alarm clock", "目覚まし時計"),
    emoji("🎸", "Guitar", "ギター"),
    emoji("🥁", "Drum", "太鼓"),
    emoji("🎺", "Trumpet", "ラッパ"),
    emoji("🔨", "Hammer", "ハンマー"),
    emoji("📎", "Paper clip", "クリップ"),
    emoji("⚽", "Football", "サッカーボール"),
    emoji("🎩", "Top hat", "シルクハット"),
    emoji("👑", "Crown", "王冠"),
    emoji("👓", "Glasses", "めがね"),
    emoji("💍", "Ring", "指輪"),
    emoji("🎁", "Gift", "プレゼント"),
];
