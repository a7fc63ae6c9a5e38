"""The words, and whole short answers, by which people say yes, no and not sure: no apostrophes, small letters."""

from typing import Final

from bot.reading.text import listed

FILLERS: Final = listed(
    "oh ooh ah um umm uh er erm hmm hm well hi hello hey sorry so actually honestly tbh lol haha ha god gosh "
    "omg and hell bloody right ok okay now alright but x xx xxx"
)
POLITE: Final = listed(
    "please pls plz pleae plese pleas thanks thank you thanku thankyou thx tnx ty ta cheers mate love hun "
    "dear pal friend sir miss madam duck pet darling bro man x xx xxx very much lots kindly so many indeed "
    "then really tho though"
)
THANKS: Final = listed("thanks thank thx ty ta cheers bye goodbye thankyou thanku tnx")
"""Beside these a kind word is thanks, not a yes."""

YES: Final = listed(
    "yes yeah yep yup yea yeh yah ya yas yass yess yaas aye ay y ye yh yha yus yarp yeppers yessir yezz yis "
    "yaps yer yers yres yse yesh yeap yees yrs ues tes yesp yeas yhea yeha affirmative affirm yesyes "
    "yesyestyes yesplease yeahh yeahp yip yepp yepsiree yessum yesss"
)
NO: Final = listed(
    "no nope nah naw na nay nae nop noo nno noe npe nopes nuh nien negatory npo nein non nahh noh naa n nopey "
    "nahhh nooope nuhuh noway"
)
BEFORE_NUMBER: Final = listed("option number answer choice")
SURE: Final = listed(
    "sure surely absolutely absolutley absoloutely definitely definately definitly defiantly defo deffo def "
    "certainly certainely totally obviously obvs ofc ok okay okey oky okie oki k kk alright alrighty righto "
    "agreed agree accept accepted correct true exactly indeed fine please roger course ofcourse yesplease "
    "affirmative go granted gladly confirmed confirm consent approve approved allright aight ight mhm mmhm "
    "mhmm uhhuh"
)
"""Yes as the first word or alone."""

PLEASED: Final = listed(
    "good great super lovely perfect brilliant cool nice amazing awesome wonderful excellent fab fantastic "
    "ace grand champion smashing brill gr8"
)
"""Yes where nothing else is said."""

NO_GOES_ON: Final = listed(
    "i im ive id its it thats that this he she they we you u dont not never thanks thank ta cheers please pls "
    "sorry sir mate love way chance definitely absolutely really but and because cos bc coz as need good no "
    "nope nah nothing none x xx xxx lol just am yet isnt isn ill certainly to the there theres my miss pal "
    "hun dear for actually tbh"
)
"""What may follow "no" where it is the answer: "no I am", not "no food"."""

DENIALS: Final = listed(
    "not never nothing dont wont cant cannot isnt arent aint didnt wouldnt couldnt doesnt havent without "
    "neither nor refuse nobody hardly"
)
"""Beside these a yes is in doubt."""

YES_WHOLE: Final = listed(
    "1|one|i get it|i do|i am|i would|i will|i can|i have|i did|it is|it does|that is|we do|we are|she does|"
    "he does|she is|he is|they do|they are|she has|he has|i want|i want that|i want to|id like that|id like "
    "to|i would like that|i would like to|id love that|id love to|id absolutely love that|i would love to|i "
    "would love that|do that|do it|lets do it|lets go|thats good|that is good|how nice|that sounds fine|im in|"
    "uh huh|mm hmm|mm hm|aye aye|okie dokie|okey dokey|okie doke|very well|all right|will do|happy to|i am "
    "happy to|more than happy|im happy to|im happy with that|happy with that|good idea|great idea|id be happy "
    "to|you may|you can|feel free|i accept|i approve|i confirm|i understand|im sure|im sure i will|fine by me|"
    "fine with me|ok by me|ok with me|im ok with that|im fine with that|suits me|works for me|sounds good|"
    "sounds great|sounds good to me|sounds lovely|sounds fine|that would be great|that would be good|that "
    "would be lovely|that would be nice|thatd be great|that would be fine|that works|thats fine|that is fine|"
    "thats ok|thats okay|that is ok|thats alright|thats great|i guess|i suppose|suppose|suppose so|spose so|i "
    "spose|guess so|most definitely|too right|you bet|bet|if you like|if you want|if you must|if i must|if "
    "you dont mind|dont mind if i do|i dont mind|dont mind|i dont mind at all|i dont mind if you do|not a "
    "problem|no problem|no probs|no prob|not a problem at all|no problem at all|np|why not|dont see why not|"
    "i dont see why not|cant see why not|no objection|no objections|count me in|im game|please do|youre right|"
    "you are right|thats "
    "right|thats it|that is it|thats me|you got it|you know it|got it|correct|true|thats correct|thats true|"
    "think so|i think so|i believe so|believe so|reckon so|i reckon so|i reckon|i hope so|go on|go on then|go "
    "on so|carry on|by all means|be my guest|fire away|lets|lets try|lets try it|ill try|ill try it|ill give "
    "it a go|give it a go|worth a try|worth a go|sure thing|sure why not|not half|fair enough|thumbs up",
    between="|",
)
NO_WHOLE: Final = listed(
    "2|two|nac ydw|nac oes|nac ydy|dim diolch|no gracias|nie dziekuje|nie dziękuję|nu multumesc|nu mulțumesc|"
    "i dont|i do not|im not|i am not|i wont|i will not|i cant|i cannot|i can not|i havent|i have not|i "
    "wouldnt|i would not|i didnt|it isnt|its not|it is not|it doesnt|it does not|that isnt|we dont|she doesnt|"
    "he doesnt|they dont|she isnt|he isnt|she hasnt|he hasnt|never|not at all|not me|nay|negative|false|wrong|"
    "incorrect|untrue|decline|i decline|declined|refuse|i refuse|pass|ill pass|i pass|hard pass|rather not|"
    "not yet|not today|not now|not anymore|not any more|not likely|no good|no need|no more|as if|not ok|not "
    "okay|no chance|no fear|no way|nuh uh|uh uh|nu uh|thumbs down|i object|do not|dont|please dont|please do "
    "not|not a chance|fat chance|not happening|you cant|you cannot|you may not|not for me|nothing thanks|"
    "not necessary|not needed|not required|dont bother",
    between="|",
)
UNSURE_WHOLE: Final = listed(
    "either|both|neither|either or|maybe|mebbe|mabye|maby|mayb|perhaps|possibly|probably|depends|unsure|"
    "undecided|idk|dunno|dno|duno|unknown|uncertain|ish|hmm|hmmm|hm|umm|um|erm|both would work|whatever|not "
    "fussed|not bothered|up to you|you decide|you choose|dont care|i dont care|i dont care either way|doesnt "
    "matter|dont mind either way|either way|sort of|kind of|kinda|sorta|so so|more or less|not really sure|no "
    "comment",
    between="|",
)
SIGNS: Final = {
    "yes": "\U0001f44d\U0001f44c\u2705\u2714\u2611\U0001f197\U0001f4af\U0001f646\U0001f91d",
    "no": "\U0001f44e\u274c\u2716\u274e\U0001f6ab\U0001f645\u26d4\U0001f6d1",
    "unsure": "\U0001f937\U0001f914\U0001f615\U0001f610\u2753\U0001fae4",
}
ABROAD: Final = {
    "yes": listed(
        "ie oes ydw ydy hoffwn oui si sì sí sim ja japp jawohl tak da haan han haanji hanji ji evet igen ano "
        "áno taip jā haa да так ναι نعم أجل ہاں جی بله آره हाँ हां हा जी ਹਾਂ ਜੀ হ্যাঁ হা જી હા ஆம் はい 네 예 応 "
        "certo certamente claro instämmer adevărat sigur pewnie oczywiście dobrze bien bine sicher klar よい 同意 "
        "可以 没问题"
    ),
    "no": listed(
        "nage naddo nac non nein nie nu não nao nej nem ne nē maya nahi nahin nahī hayir hayır нет не ні όχι "
        "لا كلا نہیں نه خیر नहीं नही ਨਹੀਂ ਨਹੀ না નથી ના இல்லை いいえ 아니 아니요 아니오 aldrig niente jamais nunca "
        "niemals 否定 असहमत"
    ),
}
"""Other languages of the people served, in their own script and as typed without accents."""

ABROAD_UNSURE: Final = listed(
    "nie wiem|nu stiu|nu știu|não sei|nao sei|ddim yn siwr|ddim yn siŵr|ddim yn gwybod|no se|no sé|je ne sais "
    "pas|sais pas|weiss nicht|weiß nicht|не знаю|لا أعرف|لا اعرف|پتہ نہیں|معلوم نہیں|pata nahi|pata nahin|पता "
    "नहीं|ਪਤਾ ਨਹੀਂ|জানি না|ખબર નથી|non lo so|bilmiyorum|نمی دانم|نمیدانم|不知道|わからない|nem tudom|może|poate|"
    "talvez|efallai|peut être|forse|vielleicht|quizás|quizas|belki",
    between="|",
)
CHINESE: Final = {
    "yes": ("好", "可以", "同意", "对", "是的", "没问题", "行", "嗯"),
    "no": ("不", "否", "没有", "唔"),
}
