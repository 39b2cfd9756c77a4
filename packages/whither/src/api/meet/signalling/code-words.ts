/**
 * Words of codes: 256, so that each is a byte. Common, of four to seven letters; no two begin with the same four letters, are
 * spelled nearly alike (fewer than three letters to change) or have the same consonants to the ear. Pure.
 */
export const CODE_WORDS: readonly string[] = `
	acorn album amber anchor apple apron arcade arctic artist aspen atlas atom badge bakery balcony ballad bamboo
	banana banjo barrel basil basket beacon beaver bedrock bicycle birch bishop blossom blouse bonfire border bottle
	bouquet branch breeze broom bubble buffalo button cabin cactus camel canyon captain caravan cargo carpet castle
	cedar chalk cherry chess cinema circus clover cobalt cobra coconut coffee compass cousin cowboy crystal daisy
	dancer denim desert diamond doctor dolphin dragon drizzle drummer eagle echo eclipse elbow emerald engine fabric
	feather fennel fiddle filter flute forest fossil freckle fridge galaxy gallop garden garlic gazelle giraffe
	glacier gondola gorilla granite grape guitar gymnast harvest hexagon hickory hobby holiday horizon hotel iceberg
	indigo insect island ivory jaguar jelly jersey jigsaw journal jungle kidney kingdom kitchen kiwi koala ladder
	lagoon lantern laptop laundry lemon leopard lettuce library lilac lizard lobster lunch magnet mammoth marble
	meadow melody mermaid mineral mirror mitten monkey mosaic muffin museum mustard napkin nectar needle nickel
	nugget nutmeg oatmeal ocean octopus olive omelet onion opera orange orbit ostrich otter oxygen pancake panther
	papaya pastry peach pencil penguin pepper perfume pickle picnic pigeon pirate planet plywood polar potato prism
	pudding pumpkin pyramid quartz quilt rabbit raisin raven recipe reptile ribbon rocket rodeo rubber ruby saffron
	salmon sandal satchel sausage scarf school shampoo sherbet siesta signal slipper snowman sofa sonnet sparrow
	spider spinach sponge stadium stream swallow syrup tablet teapot temple tennis thunder tiger toast topaz tornado
	tractor trumpet tulip turtle tuxedo unicorn vacuum valley velvet village vinegar violin volcano voyage waffle
	walnut whisper window wombat yogurt
`
	.trim()
	.split(/\s+/);
